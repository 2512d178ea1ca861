//! Where utterances are cut, given what the voice activity model says.

use call::Samples;
use speech::segment::{Cut, FRAME, Limits, Segment, Segmenter, TAIL};

/// A frame whose samples tell its number, loud and unlike a tone.
fn frame(n: usize) -> [i16; FRAME] {
    std::array::from_fn(|i| if i == 0 { n as i16 } else { ((i * i * 7919) % 4001) as i16 - 2000 })
}

/// Feeds frames of these probabilities; what is cut, with what the end brings.
fn cuts(limits: Limits, probabilities: &[f32]) -> Vec<Cut> {
    let mut segmenter = Segmenter::new(limits, Samples::ZERO);
    let mut cuts: Vec<Cut> = Vec::new();
    for (n, &p) in probabilities.iter().enumerate() {
        cuts.extend(segmenter.push(&frame(n), p));
    }
    cuts.extend(segmenter.finish());
    cuts
}

fn spoken(cuts: &[Cut]) -> Vec<&Segment> {
    cuts.iter().filter_map(|c| if let Cut::Spoken(s) = c { Some(s) } else { None }).collect()
}

fn frames(n: usize) -> Samples {
    Samples((n * FRAME) as u64)
}

fn run(parts: &[(f32, usize)]) -> Vec<f32> {
    parts.iter().flat_map(|&(p, n)| std::iter::repeat_n(p, n)).collect()
}

#[test]
fn an_utterance_takes_its_pre_roll_and_a_short_tail() {
    let cuts = cuts(Limits::default(), &run(&[(0.0, 40), (0.9, 30), (0.0, 40)]));
    assert_eq!(cuts.len(), 2, "{cuts:?}");
    let said = spoken(&cuts)[0];
    // Three frames of speech make the onset; ten frames and the window's rest come before.
    assert!(said.start <= frames(30) && said.start >= frames(25), "{:?}", said.start);
    assert_eq!(said.end, frames(70 + TAIL));
    assert_eq!(said.audio.first(), Some(&((said.start.0 as usize / FRAME) as i16)));
    assert_eq!(cuts[0], Cut::Started(said.start));
}

#[test]
fn one_short_syllable_is_kept_and_a_click_is_not() {
    let limits = Limits::default();
    assert_eq!(spoken(&cuts(limits, &run(&[(0.0, 20), (0.9, 5), (0.0, 30)]))).len(), 1);
    let click = cuts(limits, &run(&[(0.0, 20), (0.9, 3), (0.0, 30)]));
    assert!(matches!(click[..], [Cut::Started(_), Cut::Noise(_)]), "{click:?}");
    assert_eq!(cuts(limits, &run(&[(0.0, 20), (0.9, 2), (0.0, 30)])), []);
}

#[test]
fn the_end_of_the_call_cuts_at_once() {
    let cuts = cuts(Limits::default(), &run(&[(0.0, 20), (0.9, 12)]));
    assert_eq!(spoken(&cuts)[0].end, frames(32));
}

#[test]
fn what_never_pauses_is_cut_at_its_weakest_and_no_sample_is_lost_or_heard_twice() {
    let limits = Limits::default();
    let longest = limits.longest;
    let mut speech = vec![0.95; 3 * longest];
    speech[longest - 60] = 0.55;
    let cuts = cuts(limits, &speech);
    let said = spoken(&cuts);
    assert!(said.len() >= 3, "{}", said.len());
    assert_eq!(said[0].start, Samples::ZERO);
    assert!(
        said[0].end.0.abs_diff(frames(longest - 60).0) <= 2 * FRAME as u64,
        "{:?}",
        said[0].end
    );
    for pair in said.windows(2) {
        assert_eq!(pair[0].end, pair[1].start);
    }
    assert_eq!(said.last().map(|s| s.end), Some(frames(3 * longest)));
    for segment in &said {
        assert!(segment.audio.len() <= longest * FRAME);
        assert!(segment.audio.len() <= speech::engine::LONGEST);
    }
    // Each begins before it ends, in turns: nobody loses count of who speaks.
    for pair in cuts.chunks(2) {
        assert!(matches!(pair, [Cut::Started(a), Cut::Spoken(s)] if *a == s.start), "{pair:?}");
    }
}
