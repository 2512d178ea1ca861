//! Asking what is kept.
