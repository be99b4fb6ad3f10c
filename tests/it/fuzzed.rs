//! What the fuzzer begins with and what it found: every file of `fuzz/corpus` goes through the functions that it calls.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/src/lib.rs"]
mod targets;

#[test]
fn every_file_of_the_corpus_is_read_as_the_fuzzer_reads_it() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let folders = fs::read_dir(&corpus).unwrap().flatten().map(|entry| entry.file_name().into_string().unwrap());
    let known = |name: &String| targets::ALL.iter().any(|(target, _)| target == name);
    assert_eq!(folders.filter(|name| !known(name)).collect::<Vec<_>>(), Vec::<String>::new());
    for (target, run) in targets::ALL {
        let mut files: Vec<_> = fs::read_dir(corpus.join(target)).unwrap().flatten().map(|file| file.path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{target} begins with something");
        for file in files {
            // The file is named by whoever panics.
            println!("{}", file.display());
            run(&fs::read(&file).unwrap());
        }
    }
}
