//! whisper.cpp as an [`Engine`].
//!
//! * One context and one state, kept for the process's life.
//! * The encoder sees the utterance and a margin, not the 30 s window it was trained on: cost goes
//!   with length. Behind the audio are zeros.
//! * Greedy, without timestamps, in one segment; where the model doubts itself it is asked again at
//!   a higher temperature, twice at most, never for partial utterances.
//! * Nothing is carried over from one utterance to the next, so each gives the same words whatever
//!   came before it.

use call::{Language, SAMPLE_RATE};
use speech::engine::LONGEST;
use speech::{Engine, EngineError, Heard, LanguageChoice, Settings};
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperError,
    WhisperState,
};

/// Encoder positions a second.
const POSITIONS: usize = 50;
/// Encoder positions behind the audio. Fewer make the model loop at the end.
const MARGIN: usize = 128;
/// What the prompt says: Mandarin, simplified characters, with marks.
const PROMPT: &str = "以下是普通话的句子，使用简体中文。";
/// Tokens that nobody exceeds in a second of speech.
const TOKENS_PER_SECOND: usize = 12;

/// The job in hand is to be given up: looked at by ggml between any two steps.
pub(crate) static GIVE_WAY: AtomicBool = AtomicBool::new(false);

/// What ggml asks. Called on its threads, so it touches nothing but an atomic.
extern "C" fn gives_way(_: *mut c_void) -> bool {
    GIVE_WAY.load(Ordering::Relaxed)
}

/// Whisper, ready.
pub(crate) struct Whisper {
    state: WhisperState,
    /// Made once, since each language and prompt given to the library stays in memory.
    mandarin: FullParams<'static, 'static>,
    english: FullParams<'static, 'static>,
    threads: usize,
    end: i32,
}

impl Whisper {
    /// Loads a model.
    pub(crate) fn open(path: &str, threads: u8) -> Result<Whisper, WhisperError> {
        whisper_rs::install_logging_hooks();
        let context = WhisperContext::new_with_params(path, WhisperContextParameters::default())?;
        let threads = usize::from(threads.max(1));
        let mut mandarin = parameters("zh", threads);
        mandarin.set_initial_prompt(PROMPT);
        let english = parameters("en", threads);
        let end = context.token_eot();
        Ok(Whisper { state: context.create_state()?, mandarin, english, threads, end })
    }

    /// Which of the two languages it is more like.
    fn detect(&mut self, audio: &[f32], positions: i32) -> Result<Language, WhisperError> {
        let mut glance = self.mandarin.clone();
        glance.set_audio_ctx(positions);
        // Up to 100 ms nothing is encoded: this sets the window and the spectrum, no more.
        glance.set_duration_ms(100);
        self.state.full(glance, audio)?;
        let (_, shares) = self.state.lang_detect(0, self.threads)?;
        let share = |code| {
            let id = whisper_rs::get_lang_id(code).and_then(|id| usize::try_from(id).ok());
            id.and_then(|id| shares.get(id)).copied().unwrap_or(0.0)
        };
        let is_english = share("en") > share("zh");
        Ok(if is_english { Language::English } else { Language::Mandarin })
    }

    fn hear(&mut self, audio: &[f32], settings: &Settings) -> Result<Heard, WhisperError> {
        let begun = Instant::now();
        let half_seconds = audio.len().div_ceil(SAMPLE_RATE as usize);
        let positions = audio.len().div_ceil(2 * SAMPLE_RATE as usize / POSITIONS) + MARGIN;
        let positions = i32::try_from(positions.min(1500)).unwrap_or(1500);
        let language = match settings.language {
            LanguageChoice::Fixed(language) => language,
            LanguageChoice::Detect => self.detect(audio, positions)?,
        };
        let mut parameters = match language {
            Language::Mandarin => self.mandarin.clone(),
            Language::English => self.english.clone(),
        };
        parameters.set_audio_ctx(positions);
        let tokens = half_seconds * TOKENS_PER_SECOND / 2 + 16;
        parameters.set_max_tokens(i32::try_from(tokens).unwrap_or(i32::MAX));
        if settings.partial {
            parameters.set_temperature_inc(0.0);
        }
        self.state.full(parameters, audio)?;
        let mut heard = self.gather(language);
        heard.compute_ms = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        Ok(heard)
    }

    fn gather(&self, language: Language) -> Heard {
        let mut text = Vec::new();
        let (mut log, mut tokens, mut no_speech) = (0f64, 0u32, 0f32);
        for segment in self.state.as_iter() {
            text.extend_from_slice(segment.to_bytes().unwrap_or_default());
            no_speech = no_speech.max(segment.no_speech_probability());
            for n in 0..segment.n_tokens() {
                let Some(token) = segment.get_token(n) else { continue };
                if token.token_id() < self.end {
                    log += f64::from(token.token_probability().max(1e-9).ln());
                    tokens += 1;
                }
            }
        }
        Heard {
            text: String::from_utf8_lossy(&text).into_owned(),
            p: (log / f64::from(tokens.max(1))).exp() as f32 * f32::from(u8::from(tokens > 0)),
            no_speech,
            tokens,
            language,
            compute_ms: 0,
        }
    }
}

impl Engine for Whisper {
    fn transcribe(&mut self, audio: &[i16], settings: &Settings) -> Result<Heard, EngineError> {
        if audio.len() > LONGEST {
            return Err(EngineError::TooLong(audio.len()));
        }
        let doubled = speech::resample::double(audio);
        self.hear(&doubled, settings).map_err(|error| match error {
            WhisperError::GenericError(code) => EngineError::Failed(code),
            _ => EngineError::Failed(0),
        })
    }
}

fn parameters(language: &'static str, threads: usize) -> FullParams<'static, 'static> {
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    parameters.set_language(Some(language));
    parameters.set_n_threads(i32::try_from(threads).unwrap_or(1));
    parameters.set_no_context(true);
    parameters.set_no_timestamps(true);
    parameters.set_single_segment(true);
    parameters.set_suppress_blank(true);
    parameters.set_suppress_nst(true);
    parameters.set_temperature_inc(0.4);
    // SAFETY: the function is a plain C function that lives as long as the program and keeps to its
    // contract: it reads an atomic, ignores its argument, and cannot unwind.
    #[allow(unsafe_code, reason = "the wrapper's safe setter is unsound for closures")]
    unsafe {
        parameters.set_abort_callback(Some(gives_way));
    }
    parameters.set_print_special(false);
    parameters.set_print_progress(false);
    parameters.set_print_realtime(false);
    parameters.set_print_timestamps(false);
    parameters
}
