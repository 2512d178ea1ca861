//! Looks for libspandsp; without it the crate builds all the same and says that it is absent.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(spandsp)");
    match pkg_config::Config::new().atleast_version("0.0.6").probe("spandsp") {
        Ok(_) => println!("cargo::rustc-cfg=spandsp"),
        Err(_) => println!(
            "cargo::warning=libspandsp is not installed, so nothing is compared with it; on Debian: apt install libspandsp-dev"
        ),
    }
}
