//! Bodies of the fuzz targets, and slow decoders whose every line is obvious.
//!
//! A body is a function of some bytes that panics where a law does not hold. What the bytes mean is
//! up to the body: most make [`Choices`] of them, for a file of mostly whole fragments gets deeper
//! than noise. The package `fuzz` beside this crate gives each body to libFuzzer; the tests here
//! run them, without it, on everything that was found before and on some random bytes.
//!
//! One law holds for all of them: nobody asks for much memory on the word of a length field.
//!
//! | target | law |
//! |---|---|
//! | [`decode`] | the decoder, in pieces of any size, and the reader find what the slow decoder finds |
//! | [`indexed_read`] | so does who reads at any offset, alone or together with others |
//! | [`index_parser`] | every way to parse an index gives the same, and the same again when written |
//! | [`image_record`] | a header comes back as it was, and none is taken on its word |
//! | [`round_trip`] | what was written is read, by every reader, and the file is as the format says |
//! | [`index_records`] | threads that look for records find what one finds that goes through them |
//! | [`rescue`] | all lenient readers find the same, and what is lost is at most what was damaged |
//! | [`repair`] | what lenient reading gives, written again, is read strictly |
//! | [`acceptance`] | all readers accept the same files, and lenient reading those as they are |

pub mod corpus;
pub mod oracle;

mod acceptance;
mod bounded;
mod changes;
mod choices;
mod decode;
mod fault;
mod files;
mod image_record;
mod index_parser;
mod index_records;
mod indexed_read;
mod lenient_readers;
mod records;
mod repair;
mod rescue;
mod round_trip;
mod stutter;

pub use acceptance::acceptance;
pub use choices::Choices;
pub use decode::decode;
pub use image_record::image_record;
pub use index_parser::index_parser;
pub use index_records::index_records;
pub use indexed_read::indexed_read;
pub use repair::repair;
pub use rescue::rescue;
pub use round_trip::round_trip;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Its body.
    pub body: fn(&[u8]),
    /// How many zeros say that the bytes behind them are the file, or the like, as it is.
    pub zeros: usize,
}

impl Target {
    const fn new(name: &'static str, body: fn(&[u8]), zeros: usize) -> Self {
        Self { name, body, zeros }
    }
}

/// All fuzz targets.
pub const TARGETS: [Target; 9] = [
    Target::new("acceptance", acceptance, 6),
    Target::new("decode", decode, 20),
    Target::new("image_record", image_record, 1),
    Target::new("index_parser", index_parser, 13),
    Target::new("index_records", index_records, 5),
    Target::new("indexed_read", indexed_read, 4),
    Target::new("repair", repair, 6),
    Target::new("rescue", rescue, 12),
    Target::new("round_trip", round_trip, 22),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_zeros_a_file_is_taken_as_it_is() {
        let file = [&oracle::MAGIC[..], &[0; 4]].concat();
        assert_eq!(files::file(&mut Choices::new(&[&[0, 0], &file[..]].concat())), file);
    }
}
