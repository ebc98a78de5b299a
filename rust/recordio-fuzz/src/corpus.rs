//! A corpus: many small inputs of one target in one file, which is a `.rec`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use recordio::io::Writer;

use crate::{Target, oracle};

/// How many bytes an input has at most that is kept.
const MAX_INPUT_LEN: usize = 4096;

/// Reads the inputs of a corpus.
///
/// # Errors
///
/// Where the file cannot be read, or is no corpus.
pub fn read(path: &Path) -> io::Result<Vec<Vec<u8>>> {
    // By the slow decoder, so that a fault in the others does not hide what shows it.
    let decoded = oracle::decode(&fs::read(path)?);
    match decoded.fault {
        None => Ok(decoded.records.into_iter().map(|record| record.bytes).collect()),
        Some((offset, error)) => {
            Err(io::Error::other(format!("{}: byte {offset}: {error}", path.display())))
        }
    }
}

/// Writes the inputs that stand in a folder as a corpus, shortest first.
///
/// # Errors
///
/// Where a file cannot be read or written.
pub fn pack(folder: &Path, path: &Path) -> io::Result<()> {
    let mut inputs = read_folder(folder)?;
    inputs.retain(|input| input.len() <= MAX_INPUT_LEN);
    inputs.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    let mut writer = Writer::new(Vec::new());
    for input in inputs {
        writer.write_record(&input).map_err(io::Error::other)?;
    }
    fs::write(path, writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?)
}

/// Writes inputs to a folder, a file for each.
///
/// # Errors
///
/// Where a file cannot be written.
pub fn unpack(inputs: &[Vec<u8>], folder: &Path, prefix: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (number, input) in inputs.iter().enumerate() {
        fs::write(folder.join(format!("{prefix}-{number}")), input)?;
    }
    Ok(())
}

/// Makes first inputs of a target from the vectors in a folder.
///
/// # Errors
///
/// Where a vector cannot be read.
pub fn seeds(target: &Target, vectors: &Path) -> io::Result<Vec<Vec<u8>>> {
    let extension = if target.name == "index_parser" { "idx" } else { "rec" };
    let mut seeds = vec![Vec::new(), (0..=u8::MAX).collect()];
    for path in files_in(vectors)? {
        if path.extension().is_some_and(|it| it == extension) {
            let file = fs::read(path)?;
            if target.name == "image_record" {
                seeds.extend(oracle::decode(&file).records.into_iter().map(|record| record.bytes));
            } else {
                seeds.push(file);
            }
        }
    }
    let zeros = vec![0; target.zeros];
    let mut seeds: Vec<_> = seeds.into_iter().map(|seed| [&zeros[..], &seed].concat()).collect();
    seeds.retain(|seed| seed.len() <= MAX_INPUT_LEN);
    Ok(seeds)
}

/// Reads all files of a folder; none where there is no such folder.
///
/// # Errors
///
/// Where a file cannot be read.
pub fn read_folder(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    if folder.is_dir() { files_in(folder)?.iter().map(fs::read).collect() } else { Ok(Vec::new()) }
}

/// Returns the paths of all files in a folder and in those inside, in their order.
fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            paths.extend(files_in(&path)?);
        } else {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
