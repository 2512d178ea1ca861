//! What it is measured on, and how busy that is.

use std::fs::read_to_string;

/// Prints date, processor, cores, memory and load.
pub fn describe() {
    let cpu = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = value(&cpu, "model name").unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = value(&memory, "MemTotal")
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
        .unwrap_or_default();
    let features: Vec<&str> = ["avx2", "avx512f", "sha_ni", "asimd", "sha2"]
        .into_iter()
        .filter(|feature| {
            let flags = value(&cpu, "flags").or_else(|| value(&cpu, "Features"));
            flags.is_some_and(|flags| flags.split(' ').any(|flag| flag == *feature))
        })
        .collect();
    println!(
        "{}, {model}, {cores} cores ({}), {:.0} GB, load {}",
        jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC"),
        features.join(" "),
        kilobytes / 1e6,
        load(),
    );
}

/// The load average over one minute, or `?`.
pub fn load() -> String {
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("?").to_owned()
}

fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(key))?;
    line.split_once(':').map(|(_, value)| value.trim())
}
