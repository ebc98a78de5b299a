//! What stands behind the whole records of a file: what a crash has left of one, or more than that.

use std::io;

use super::ReadAt;
use crate::{
    Error, FormatError, Part,
    fragment::{ALIGNMENT, FragmentHeader, HEADER_LEN, MAGIC, MAX_RECORD_LEN, padding},
};

/// How many bytes are looked at between two pauses.
const BLOCK_LEN: usize = 256 * 1024;

/// How many entries are looked at between two pauses.
const ENTRIES: usize = 1024;

/// How long a fragment can be, with its padding.
const MAX_FRAGMENT_LEN: u64 = (HEADER_LEN + MAX_RECORD_LEN + ALIGNMENT - 1) as u64;

/// How many bits the length of a fragment has.
const LEN_BITS: u32 = 29;

/// The bytes behind the whole records of a file, which are not a whole record.
pub(super) struct Rest<'s, S: ?Sized> {
    pub(super) source: &'s S,
    /// Where it begins.
    pub(super) begin: u64,
    /// Where the file ends.
    pub(super) end: u64,
    /// Where the fragment at fault begins, and what is wrong with it.
    pub(super) fault: (u64, FormatError),
}

impl<S: ReadAt + ?Sized> Rest<'_, S> {
    /// Returns whether there is more than what a crash leaves of one record, by the offsets that an
    /// index lists, ascending, and by the bytes themselves.
    pub(super) fn is_more_than_torn(
        &self,
        listed: &[u64],
        mut pause: impl FnMut() -> io::Result<()>,
    ) -> Result<bool, Error> {
        Ok(self.is_listed(listed, &mut pause)? || self.has_more(&mut pause)?)
    }

    /// Returns whether an index lists a record here.
    ///
    /// No writer that is killed leaves that if it writes records before entries, and zeros are what
    /// a file system leaves of a record that did not get to the disk. MXNet writes entries when it
    /// likes to: with it the last record may be listed and break off.
    fn is_listed(
        &self,
        listed: &[u64],
        pause: &mut impl FnMut() -> io::Result<()>,
    ) -> io::Result<bool> {
        let listed = &listed[listed.partition_point(|offset| *offset < self.begin)..];
        let listed = &listed[..listed.partition_point(|offset| *offset < self.end)];
        for some in listed.chunks(ENTRIES) {
            for offset in some {
                let mut head = [0; HEADER_LEN];
                self.source.read_full_at(&mut head, *offset)?;
                if head != [0; HEADER_LEN] && (*offset != self.begin || !self.breaks_off()?) {
                    return Ok(true);
                }
            }
            pause()?;
        }
        Ok(false)
    }

    /// Returns whether all is as it should be but for the end of the file, which comes too early;
    /// not if one wrong bit of a length can be all that is wrong.
    fn breaks_off(&self) -> io::Result<bool> {
        let (offset, error) = self.fault;
        let FormatError::Truncated { part, expected, found } = error else { return Ok(false) };
        match part {
            Part::Header => {
                let mut bytes = [0; MAGIC.len()];
                let filled = self.source.read_full_at(&mut bytes, offset)?;
                Ok(bytes[..filled] == MAGIC[..filled])
            }
            Part::Payload => {
                let is_end = |len: u64| {
                    let padding = usize::try_from(len).map_or(0, padding) as u64;
                    found > 0 && len + padding == found
                };
                Ok(!(0..LEN_BITS).any(|bit| is_end(expected ^ (1 << bit))))
            }
            Part::Padding | Part::Continuation => Ok(true),
        }
    }

    /// Returns whether there are more bytes than a fragment can have, not counting zeros at the end,
    /// or the head of another one.
    fn has_more(&self, pause: &mut impl FnMut() -> io::Result<()>) -> io::Result<bool> {
        let limit = (self.fault.0 + MAX_FRAGMENT_LEN).min(self.end);
        let is_not_zero = |bytes: &[u8], _| Ok(bytes.iter().any(|byte| *byte != 0));
        // Where a byte was lost, the next head begins in what is taken for the record before.
        let before = if self.fault.0 == self.begin { HEADER_LEN as u64 - 1 } else { 0 };
        let begin = self.fault.0.saturating_sub(before);
        Ok(self.any_block(limit, self.end, is_not_zero, pause)?
            || self.any_block(begin, limit, |bytes, at| self.has_head(bytes, at), pause)?)
    }

    /// Returns whether something is so of a part of the file, block by block; each goes on into the
    /// next one for less than a header.
    fn any_block(
        &self,
        begin: u64,
        end: u64,
        is_so: impl Fn(&[u8], u64) -> io::Result<bool>,
        pause: &mut impl FnMut() -> io::Result<()>,
    ) -> io::Result<bool> {
        let len = usize::try_from(end.saturating_sub(begin)).unwrap_or(usize::MAX).min(BLOCK_LEN);
        let mut buffer = vec![0; len + HEADER_LEN - 1];
        let mut offset = begin;
        while offset < end {
            let filled = self.source.read_full_at(&mut buffer, offset)?;
            if is_so(&buffer[..filled], offset)? {
                return Ok(true);
            }
            offset += BLOCK_LEN as u64;
            pause()?;
        }
        Ok(false)
    }

    /// Returns whether a fragment begins in these bytes, which stand at `offset`.
    ///
    /// Where fragments belong, at multiples of four, the head of a record is enough: whoever splits
    /// records leaves no magic there in a payload. Anywhere else, bytes were put in or lost, or this
    /// is chance: there it has to lead to another one, or to the end of the file.
    fn has_head(&self, bytes: &[u8], offset: u64) -> io::Result<bool> {
        if bytes.iter().all(|byte| *byte == 0) {
            return Ok(false); // soon seen, and there may be many
        }
        for (place, head) in bytes.windows(HEADER_LEN).enumerate() {
            if head[..MAGIC.len()] != MAGIC {
                continue;
            }
            let Some(header) =
                head.first_chunk().and_then(|head| FragmentHeader::parse(*head).ok())
            else {
                continue;
            };
            let begin = offset + place as u64;
            if begin == self.begin {
                continue; // the one that is torn
            }
            let is_in_place = begin.is_multiple_of(ALIGNMENT as u64);
            if is_in_place && header.kind().begins_record() || self.leads_on(begin, header)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn leads_on(&self, begin: u64, header: FragmentHeader) -> io::Result<bool> {
        let next = begin + (HEADER_LEN + header.padded_len()) as u64;
        let mut bytes = [0; MAGIC.len()];
        Ok(next == self.end
            || (next < self.end
                && self.source.read_full_at(&mut bytes, next)? == bytes.len()
                && bytes == MAGIC))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::{Tail, Writer};

    fn write(records: &[Vec<u8>]) -> (Vec<u8>, Vec<u64>) {
        let mut writer = Writer::new(Vec::new());
        let offsets = records.iter().map(|record| writer.write_record(record).unwrap()).collect();
        (writer.into_inner().unwrap(), offsets)
    }

    fn find<S: ReadAt + ?Sized>(file: &S, listed: &[u64]) -> Result<Tail, Error> {
        Tail::find(file, listed, || Ok(()))
    }

    #[test]
    fn a_byte_put_in_or_lost_before_a_record_is_an_error() {
        let (file, offsets) = write(&vec![b"eleven byte".to_vec(); 30]);
        let last = usize::try_from(offsets[29]).unwrap();
        for at in 0..last {
            let (before, behind) = file.split_at(at);
            let more = [before, b"X", behind].concat();
            let less = [before, &behind[1..]].concat();
            for listed in [&offsets[..], &[]] {
                assert!(find(&more, listed).is_err(), "{at} {}", listed.len());
                assert!(find(&less, listed).is_err(), "{at} {}", listed.len());
            }
        }
    }

    #[test]
    fn a_wrong_bit_in_the_length_of_a_listed_record_is_an_error() {
        let len = 3000_usize;
        let (file, _) = write(&[vec![7; len]]);
        for bit in 0..LEN_BITS as usize {
            let mut damaged = file.clone();
            damaged[4 + bit / 8] ^= 1 << (bit % 8);
            match find(&damaged, &[0]) {
                Err(error) => assert!(matches!(error, Error::Format { offset: 0, .. })),
                // It is shorter, or has only other padding: what is behind it belongs to nothing.
                Ok(_) => assert!(bit < 2 || len & (1 << bit) != 0, "{bit}"),
            }
        }
        assert_eq!(find(&file[..2000], &[0]).unwrap().end(), 0);
    }

    #[test]
    fn a_listed_record_that_is_no_end_of_one_is_an_error_and_zeros_are_not() {
        let (file, offsets) = write(&vec![vec![7; 40]; 10]);
        let begin = usize::try_from(offsets[9]).unwrap();
        for at in 0..4 {
            let mut damaged = file.clone();
            damaged[begin + at] ^= 1;
            assert!(find(&damaged, &offsets).is_err());
            assert_eq!(find(&damaged, &offsets[..9]).unwrap().end(), offsets[9]);
        }
        let mut zeros = file.clone();
        zeros[begin..].fill(0);
        assert_eq!(find(&zeros, &offsets).unwrap().end(), offsets[9]);
        // MXNet may have listed a record that breaks off.
        for len in begin + 1..file.len() - 20 {
            let error = find(&file[..len], &offsets);
            let may_be_a_bit = [8, 32].contains(&(len - begin).saturating_sub(HEADER_LEN));
            assert_eq!(error.is_err(), may_be_a_bit, "{len}");
        }
    }

    #[test]
    fn a_magic_that_leads_nowhere_is_no_record() {
        let payload = [&[7; 5][..], &MAGIC, &[9, 0, 0, 0], &[7; 90]].concat();
        let (file, offsets) = write(&[b"first".to_vec(), payload]);
        for cut in 3..90 {
            let tail = find(&file[..file.len() - cut], &[]);
            // Its end may be where the file was cut.
            let leads_to_end = file.len() - cut == 16 + HEADER_LEN + 5 + HEADER_LEN + 12;
            assert_eq!(tail.map(|tail| tail.end()).ok(), (!leads_to_end).then_some(offsets[1]));
        }
    }

    /// A record, then bytes of one kind without end.
    struct Long(Vec<u8>, u64, u8);

    impl ReadAt for Long {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            let len = usize::try_from(self.1.saturating_sub(offset)).unwrap().min(buffer.len());
            buffer[..len].fill(self.2);
            if offset < self.0.len() as u64 {
                let count = self.0.as_slice().read_at(&mut buffer[..len], offset)?;
                return Ok(count);
            }
            Ok(len)
        }

        fn source_len(&self) -> io::Result<u64> {
            Ok(self.1)
        }
    }

    #[test]
    fn more_than_a_record_can_have_is_an_error_and_zeros_are_not() {
        let (file, _) = write(&[b"first".to_vec()]);
        let most = file.len() as u64 + MAX_FRAGMENT_LEN;
        assert!(find(&Long(file.clone(), most + 1, 7), &[]).is_err());
        assert_eq!(find(&Long(file.clone(), 1 << 20, 7), &[]).unwrap().end(), 16);
        assert_eq!(find(&Long(file, 1 << 20, 0), &[]).unwrap().end(), 16);
    }
}
