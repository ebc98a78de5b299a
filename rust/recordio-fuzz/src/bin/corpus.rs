//! Takes a corpus apart and puts it together; `scripts/fuzz.sh` calls this.
//!
//! ```text
//! corpus targets                                the names of all targets
//! corpus unpack TARGET CORPUS VECTORS FOLDER    inputs, and seeds from the vectors, to a folder
//! corpus pack FOLDER CORPUS                     the inputs in a folder to a corpus
//! corpus replay TARGET FILE                     one input
//! ```

use std::{env, fs, io, path::Path};

use recordio_fuzz::{TARGETS, Target, corpus};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["targets"] => TARGETS.iter().for_each(|target| println!("{}", target.name)),
        ["unpack", target, corpus, vectors, folder] => {
            let (target, corpus, folder) = (named(target)?, Path::new(corpus), Path::new(folder));
            corpus::unpack(&corpus::seeds(&target, Path::new(vectors))?, folder, "seed")?;
            if corpus.exists() {
                corpus::unpack(&corpus::read(corpus)?, folder, "corpus")?;
            }
        }
        ["pack", folder, corpus] => corpus::pack(Path::new(folder), Path::new(corpus))?,
        ["replay", target, file] => (named(target)?.body)(&fs::read(file)?),
        _ => return Err(io::Error::other("see the comment at the top of this program")),
    }
    Ok(())
}

fn named(name: &str) -> io::Result<Target> {
    let target = TARGETS.into_iter().find(|target| target.name == name);
    target.ok_or_else(|| io::Error::other(format!("no target {name}")))
}
