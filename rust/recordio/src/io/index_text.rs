//! The index from a text that can be read at any offset, on several threads.

use std::{io, sync::atomic::AtomicBool};

use super::{
    ReadAt, Workers,
    page_buffer::PageBuffer,
    workers::{BlockWork, TakeBlocks, work_in_order},
};
use crate::{
    Error,
    idx::{Entries, Index, IndexBuilder, KeyKind, MAX_LINE_LEN},
};

/// How much text is parsed at once, in bytes: it and its entries stay in the cache.
const BLOCK_LEN: usize = 512 * 1024;

/// How many bytes behind a block are read with it: its last line hardly ends further away.
const TAIL_LEN: usize = 512;

impl Workers {
    /// Parses the text of an `.idx` file, as [`Index::parse`] does.
    ///
    /// `pause` is called on this thread now and then, many times a second; an error from it ends
    /// the work.
    ///
    /// # Errors
    ///
    /// - [`Error::Index`] names the first line that is not `key`, tab, `offset`.
    /// - [`Error::Io`] where `source` fails, or `pause`.
    pub fn parse_index<S: ReadAt + Sync + ?Sized>(
        self,
        source: &S,
        kind: KeyKind,
        pause: impl FnMut() -> io::Result<()>,
    ) -> Result<Index, Error> {
        let (block_len, source_len) = (self.block_len_or(BLOCK_LEN), source.source_len()?);
        let text = Text { source, kind, block_len };
        let mut parsed = Parsed {
            builder: IndexBuilder::new(kind),
            left: source_len,
            block_len: block_len as u64,
            pause,
        };
        work_in_order(self.threads_for(source_len, block_len), &text, &mut parsed)?;
        Ok(parsed.builder.finish())
    }
}

struct Text<'s, S: ?Sized> {
    source: &'s S,
    kind: KeyKind,
    block_len: usize,
}

/// A part of the text.
///
/// The lines of a block are those that begin behind its first line feed, up to the first line feed
/// behind the block; in the first block also the line at its start.
struct TextBlock {
    buffer: PageBuffer,
    entries: Entries,
    /// Whether the text ends with this block.
    outcome: io::Result<bool>,
}

impl<S: ReadAt + Sync + ?Sized> BlockWork for Text<'_, S> {
    type Block = TextBlock;

    fn new_block(&self) -> TextBlock {
        let entries = Entries::new(self.kind);
        TextBlock { buffer: PageBuffer::default(), entries, outcome: Ok(false) }
    }

    fn work(&self, number: u64, block: &mut TextBlock, _: &AtomicBool) {
        let TextBlock { buffer, entries, outcome } = block;
        *outcome = self.parse_block(number, buffer, entries);
    }
}

impl<S: ReadAt + ?Sized> Text<'_, S> {
    fn parse_block(
        &self,
        number: u64,
        buffer: &mut PageBuffer,
        entries: &mut Entries,
    ) -> io::Result<bool> {
        let offset = number.saturating_mul(self.block_len as u64);
        let mut end = None;
        let mut filled = 0;
        // More than a tail only where a line is long, or too long; then there is no need to go on.
        for tail_len in [TAIL_LEN, MAX_LINE_LEN + 1] {
            let wanted = self.block_len + tail_len;
            filled = self.source.read_full_at(buffer.first(wanted), offset)?;
            let tail = buffer.bytes().get(self.block_len..filled).unwrap_or_default();
            end = behind_line_feed(tail).map(|end| self.block_len + end);
            if end.is_some() || filled < wanted {
                break;
            }
        }
        let text = &buffer.bytes()[..end.unwrap_or(filled)];
        let begin = match number {
            0 => Some(0),
            _ => behind_line_feed(&text[..text.len().min(self.block_len)]),
        };
        entries.parse(&text[begin.unwrap_or(text.len())..]);
        Ok(end.is_none())
    }
}

fn behind_line_feed(text: &[u8]) -> Option<usize> {
    text.iter().position(|byte| *byte == b'\n').map(|place| place + 1)
}

struct Parsed<P> {
    builder: IndexBuilder,
    /// How many bytes of text there are behind what was taken.
    left: u64,
    block_len: u64,
    pause: P,
}

impl<P: FnMut() -> io::Result<()>> TakeBlocks<TextBlock> for Parsed<P> {
    fn take(&mut self, number: u64, block: &mut TextBlock) -> Result<Option<u64>, Error> {
        let is_last = std::mem::replace(&mut block.outcome, Ok(true))?;
        self.left = self.left.saturating_sub(self.block_len);
        self.builder.append(&block.entries, self.left)?;
        Ok((!is_last).then_some(number + 1))
    }

    fn pause(&mut self) -> io::Result<()> {
        (self.pause)()
    }
}
