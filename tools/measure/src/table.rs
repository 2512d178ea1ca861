//! Figures in rows: what, how much, beside what.

/// A table's heading, with what is to be known about how it was measured.
pub fn heading(title: &str, how: &str) {
    println!("\n{title}");
    if !how.is_empty() {
        println!("  ({how})");
    }
}

/// One figure and what stands beside it.
pub fn row(what: &str, figure: impl AsRef<str>, beside: impl AsRef<str>) {
    let line = format!("  {what:<46} {:>18}   {}", figure.as_ref(), beside.as_ref());
    println!("{}", line.trim_end());
}

/// How a figure stands to a target that it should reach or exceed.
pub fn of_target(figure: f64, target: f64, unit: &str) -> String {
    format!("{:.2} of the target, {target}{unit}", figure / target)
}

/// How a figure stands to a target that it should stay under.
pub fn of_limit(figure: f64, limit: f64, unit: &str) -> String {
    format!("{:.2} of the limit, {limit}{unit}", figure / limit)
}

/// The middle of some figures; zero if there are none.
pub fn median(figures: &mut [f64]) -> f64 {
    quantile(figures, 0.5)
}

/// The figure that a part (0 to 1) of all do not exceed; zero if there are none.
pub fn quantile(figures: &mut [f64], part: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let at = (figures.len() as f64 * part).ceil() as usize;
    figures.get(at.saturating_sub(1)).copied().unwrap_or_default()
}
