//! An index with lines that are no entries: what can be had of it.

use std::io::{BufRead, Read};

use super::{
    EntryError, Index, IndexBuilder, KeyKind,
    text::{MAX_LINE_LEN, parse_line},
};
use crate::Error;

/// The entries of a damaged index, and its lines that are none.
#[derive(Debug)]
pub struct SalvagedIndex {
    /// The entries.
    pub index: Index,
    /// What is wrong with the other lines, as far as they were kept.
    pub faults: Vec<EntryError>,
    /// How many other lines there are.
    pub fault_count: u64,
}

impl Index {
    /// Parses the text of an `.idx` file as [`Index::parse`] does, and goes on behind a line that is
    /// no entry.
    ///
    /// At most `max_faults` of those are kept. Memory is bounded by the entries and them.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] where `source` fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use recordio::idx::{Index, KeyKind};
    ///
    /// let salvaged = Index::salvage(&b"7\t0\n9 16\n11\t24\n"[..], KeyKind::Integer, 100)?;
    /// assert_eq!(salvaged.index.offsets(), [0, 24]);
    /// assert_eq!(salvaged.faults[0].line, 2);
    /// # Ok::<(), recordio::Error>(())
    /// ```
    pub fn salvage(
        mut source: impl BufRead,
        kind: KeyKind,
        max_faults: usize,
    ) -> Result<SalvagedIndex, Error> {
        let (mut builder, mut faults, mut fault_count) = (IndexBuilder::new(kind), Vec::new(), 0);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            // One byte more than a line may have, its line feed among them.
            let limit = MAX_LINE_LEN as u64 + 1;
            if (&mut source).take(limit).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if line.len() > MAX_LINE_LEN && !line.ends_with(b"\n") {
                source.skip_until(b'\n')?;
            }
            match parse_line(&line, number, kind) {
                Ok((key, offset)) => builder.push(key, offset),
                Err(fault) => {
                    fault_count += 1;
                    if faults.len() < max_faults {
                        faults.push(fault);
                    }
                }
            }
        }
        Ok(SalvagedIndex { index: builder.finish(), faults, fault_count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idx::EntryFault;

    fn faults(text: &[u8], kind: KeyKind) -> (Vec<u64>, Vec<(u64, EntryFault)>) {
        let salvaged = Index::salvage(text, kind, 5).unwrap();
        let faults = salvaged.faults.iter().map(|fault| (fault.line, fault.fault)).collect();
        (salvaged.index.offsets().to_vec(), faults)
    }

    #[test]
    fn lines_before_and_behind_a_damaged_one_are_entries() {
        let text = b"1\t0\n\nx\t8\n2\t16\n\xff\n3\n4\t24";
        let (offsets, found) = faults(text, KeyKind::Integer);
        assert_eq!(offsets, [0, 16, 24]);
        assert_eq!(found.iter().map(|fault| fault.0).collect::<Vec<_>>(), [2, 3, 5, 6]);
        assert_eq!(faults(text, KeyKind::Text).0, [0, 8, 16, 24]);
    }

    #[test]
    fn a_line_of_any_length_costs_no_memory_and_hides_nothing() {
        for len in [MAX_LINE_LEN - 3, MAX_LINE_LEN - 2, MAX_LINE_LEN, MAX_LINE_LEN + 1, 1 << 20] {
            let text = [&b"1\t0\n"[..], &vec![b'7'; len], b"\t8\n2\t16\n"].concat();
            let (offsets, found) = faults(&text, KeyKind::Text);
            if len + 3 <= MAX_LINE_LEN {
                assert_eq!((offsets, found), (vec![0, 8, 16], vec![]));
            } else {
                assert_eq!((offsets, found), (vec![0, 16], vec![(2, EntryFault::TooLong)]));
            }
        }
    }

    #[test]
    fn what_parses_gives_the_same() {
        let text = b"1\t0\r\n 2 \t8\tmore\n-3\t16";
        let index = Index::parse(&text[..], KeyKind::Integer).unwrap();
        assert_eq!(faults(text, KeyKind::Integer), (index.offsets().to_vec(), vec![]));
        assert_eq!(faults(b"", KeyKind::Integer), (vec![], vec![]));
    }

    #[test]
    fn only_so_many_faults_are_kept() {
        let salvaged = Index::salvage(&b"x\n".repeat(100)[..], KeyKind::Text, 5).unwrap();
        assert_eq!((salvaged.faults.len(), salvaged.fault_count), (5, 100));
    }
}
