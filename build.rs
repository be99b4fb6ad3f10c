//! The pages' styles are made by npm before this is built; a clear word when they were not.

fn main() {
    println!("cargo::rerun-if-changed=web/dist/windscreen.css");
    println!("cargo::rerun-if-changed=build.rs");
    if !std::path::Path::new("web/dist/windscreen.css").exists() {
        println!("cargo::error=the pages' styles are not there yet: run `make styles`");
    }
}
