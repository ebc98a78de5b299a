//! Sources and sinks that take their time.

use std::io::{BufRead, Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};

use recordio::io::ReadAt;

use crate::Choices;

/// How much is given or taken at once, in turn; 0 is an interruption.
#[derive(Clone, Debug)]
struct Steps {
    lens: Vec<usize>,
    count: usize,
}

impl Steps {
    fn new(choices: &mut Choices<'_>) -> Self {
        let mut lens: Vec<usize> = (0..choices.below(4)).map(|_| choices.below(64)).collect();
        lens.push(1 + usize::from(choices.byte()) * choices.of(&[1, 64, 1024]));
        Self { lens, count: 0 }
    }

    fn next(&mut self) -> Result<usize> {
        let len = self.lens[self.count % self.lens.len()];
        self.count += 1;
        if len == 0 { Err(Error::new(ErrorKind::Interrupted, "as chosen")) } else { Ok(len) }
    }
}

/// A file that gives few bytes at once, and is interrupted.
#[derive(Clone, Debug)]
pub(crate) struct Source<'f> {
    file: &'f [u8],
    offset: usize,
    steps: Steps,
}

impl<'f> Source<'f> {
    pub(crate) fn new(file: &'f [u8], choices: &mut Choices<'_>) -> Self {
        Self { file, offset: 0, steps: Steps::new(choices) }
    }

    fn unread(&self) -> &'f [u8] {
        self.file.get(self.offset..).unwrap_or_default()
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.steps.next()?.min(buffer.len());
        let count = self.unread().read(&mut buffer[..count])?;
        self.offset += count;
        Ok(count)
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        let count = self.steps.next()?.min(self.unread().len());
        Ok(&self.unread()[..count])
    }

    fn consume(&mut self, count: usize) {
        self.offset += count;
    }
}

impl Seek for Source<'_> {
    fn seek(&mut self, target: SeekFrom) -> Result<u64> {
        let SeekFrom::Start(offset) = target else { panic!("readers know where they are") };
        self.offset = crate::records::to_usize(offset);
        Ok(offset)
    }
}

/// A file that gives few bytes at any offset.
#[derive(Debug)]
pub(crate) struct Pieces<'f> {
    pub(crate) file: &'f [u8],
    pub(crate) piece_len: usize,
}

impl ReadAt for Pieces<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        let len = buffer.len().min(self.piece_len);
        self.file.read_at(&mut buffer[..len], offset)
    }

    fn source_len(&self) -> Result<u64> {
        self.file.source_len()
    }
}

/// A disk that takes few bytes at once, is interrupted, and has room for so many.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) bytes: Vec<u8>,
    room: usize,
    steps: Steps,
}

impl Sink {
    pub(crate) fn new(room: usize, choices: &mut Choices<'_>) -> Self {
        Self { bytes: Vec::new(), room, steps: Steps::new(choices) }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let count = self.steps.next()?.min(bytes.len()).min(self.room - self.bytes.len());
        if count == 0 && !bytes.is_empty() {
            return Err(ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
