//! A buffer that begins where a page of memory does.

/// How many bytes a page of memory and of a file in the system's cache has, or a part of one.
pub(super) const PAGE_LEN: usize = 4096;

/// Bytes for large reads: the system copies whole pages about twice as fast from page to page as
/// to where a large allocation usually begins, a few bytes behind.
#[derive(Debug, Default)]
pub(super) struct PageBuffer {
    bytes: Vec<u8>,
    begin: usize,
}

impl PageBuffer {
    /// Makes room for at least `len` bytes and returns the first `len`; what they are is left open.
    pub(super) fn first(&mut self, len: usize) -> &mut [u8] {
        if self.bytes.len() < len + PAGE_LEN {
            self.bytes = Vec::new(); // nothing in it needs to be moved
            self.bytes.resize(len + PAGE_LEN, 0);
            self.begin = self.bytes.as_ptr().align_offset(PAGE_LEN).min(PAGE_LEN);
        }
        &mut self.bytes[self.begin..self.begin + len]
    }

    /// Returns the bytes from the first on.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.begin..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_at_a_page_whatever_its_length() {
        let mut buffer = PageBuffer::default();
        for len in [1, 0, 100, PAGE_LEN, 3 * PAGE_LEN + 1, 1 << 20, 5] {
            let first = buffer.first(len);
            assert_eq!(first.len(), len);
            assert_eq!(first.as_ptr().align_offset(PAGE_LEN), 0);
            first.fill(7);
            assert_eq!(&buffer.bytes()[..len], vec![7; len]);
        }
    }
}
