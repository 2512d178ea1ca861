//! The rules of the house (docs/design.md, "The rooms"), enforced by the tests beside this file.
