//! Whole records by positioned reads or through a map, straight into the caller's memory.

use std::{fs::File, io, mem::MaybeUninit};

use recordio::{
    fragment::{ALIGNMENT, FragmentHeader, FragmentKind, HEADER_LEN},
    io::ReadAt,
};

use crate::{local::is_worth_mapping, map::Map};

/// The longest record that is taken for whole on the word of its header, where asking the file
/// would cost as much as reading it.
const MAX_TRUSTED_LEN: usize = 1 << 20;

/// How the bytes of a file are had.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Backend {
    /// Through a memory map where that is sound and pays, else by positioned reads: a regular file
    /// of at most 2 GiB on a disk of this machine, in a process that has not installed a handler
    /// of its own for `SIGBUS` since the first file was mapped. (One that was there before is
    /// called for faults elsewhere.)
    Auto,
    /// By positioned reads: safe with files of any kind, and good over a network.
    Positioned,
    /// Through a memory map.
    Mapped,
}

/// An open file, and perhaps a map of it.
///
/// The map only ever gives whole records of which it is certain. Whatever else there is to say, of
/// damage, of the end, of a file that has shrunk, positioned reads say: so both ways of reading
/// have the same results and the same errors.
#[derive(Debug)]
pub struct Storage {
    file: File,
    map: Option<Map>,
    /// The length of the file of which missing padding at its end is taken as read.
    padless_len: Option<u64>,
}

/// A record of one fragment that lies whole in the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WholeRecord {
    /// Where its fragment begins, in bytes.
    pub offset: u64,
    /// Its length in bytes.
    pub len: usize,
    padded_len: usize,
}

impl WholeRecord {
    /// Returns where the record ends in the file, padding included: the offset of the next one.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.payload_offset() + self.padded_len as u64
    }

    fn payload_offset(&self) -> u64 {
        self.offset + HEADER_LEN as u64
    }
}

impl Storage {
    /// Creates a storage over an open file.
    ///
    /// # Errors
    ///
    /// Where `backend` is [`Backend::Mapped`] and the file cannot be mapped.
    pub fn new(file: File, backend: Backend) -> io::Result<Self> {
        let map = match backend {
            Backend::Mapped => Some(Map::new(&file)?),
            Backend::Auto if is_worth_mapping(&file) => {
                Map::new(&file).ok().filter(Map::is_guarded)
            }
            Backend::Auto | Backend::Positioned => None,
        };
        Ok(Self { file, map, padless_len: None })
    }

    /// Lets the file end at a multiple of four, with zeros where it does not, for as long as it has
    /// the length that it has now: so the last record can be had of a file that lacks its padding.
    /// What lacks some of its payload looks whole then, too: it is for records that are known to be
    /// intact.
    #[must_use]
    pub fn with_padded_end(self) -> Self {
        Self { padless_len: self.file.source_len().ok(), ..self }
    }

    /// Returns the file.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Returns whether records come through a map.
    #[must_use]
    pub fn is_mapped(&self) -> bool {
        self.map.as_ref().is_some_and(Map::is_usable)
    }

    /// Looks whether the map is still guarded, at the price of a system call: for work that is
    /// large in comparison. Where only [`Storage::is_mapped`] is called, that is found out later.
    pub fn check_map(&self) {
        if let Some(map) = &self.map {
            map.check();
        }
    }

    /// Tells the system that the file will be read from its start to its end.
    pub fn expect_sequence(&self) {
        #[cfg(target_os = "linux")]
        {
            use std::os::fd::AsRawFd;
            // SAFETY: advice on an open descriptor; a refusal changes nothing.
            unsafe {
                libc::posix_fadvise(self.file.as_raw_fd(), 0, 0, libc::POSIX_FADV_SEQUENTIAL);
            }
        }
    }

    /// Says that the record at `offset` will be wanted in a moment.
    pub fn expect(&self, offset: u64) {
        if let Some(map) = &self.map {
            map.expect(offset);
        }
    }

    /// Finds the record at `offset` bytes by its header; `None` where it is not of one fragment,
    /// not whole, not one at all, or cannot be read: a positioned read then tells more.
    #[must_use]
    pub fn find_whole(&self, offset: u64) -> Option<WholeRecord> {
        let mut bytes = [0; HEADER_LEN];
        if !self.map.as_ref().is_some_and(|map| map.copy(offset, as_uninit(&mut bytes))) {
            let filled = self.file.read_full_at(&mut bytes, offset).ok()?;
            if filled < HEADER_LEN {
                return None;
            }
        }
        let header = FragmentHeader::parse(bytes).ok()?;
        let record = WholeRecord { offset, len: header.len(), padded_len: header.padded_len() };
        let is_whole = self.maps(&record) || record.len <= MAX_TRUSTED_LEN || self.holds(&record);
        (header.kind() == FragmentKind::Full && is_whole).then_some(record)
    }

    /// Returns whether the file has all bytes of a record, as of now.
    fn holds(&self, record: &WholeRecord) -> bool {
        self.source_len().is_ok_and(|len| record.end() <= len)
    }

    /// Returns whether the map has all bytes of a record, as of when it was made.
    fn maps(&self, record: &WholeRecord) -> bool {
        self.map.as_ref().is_some_and(|map| map.spans(record.end()))
    }

    /// Fills `target`, which is as long as the record, with its bytes; returns whether the file
    /// had them all: then all of `target` is initialised. If not, it holds nothing of use.
    #[must_use]
    pub fn fill(&self, record: &WholeRecord, target: &mut [MaybeUninit<u8>]) -> bool {
        debug_assert_eq!(record.len, target.len());
        match &self.map {
            Some(map) if map.copy(record.payload_offset(), target) && self.maps(record) => {
                // A file that was cut ends in zeros up to the end of a page. Where something else
                // stands behind the record, the next one's magic say, all of it was there; where
                // not, the file is asked.
                let mut behind = [0];
                let has_more = map.copy(record.end(), as_uninit(&mut behind)) && behind != [0];
                has_more || self.holds(record)
            }
            _ => self.read(record, target),
        }
    }

    /// Fills initialised memory as [`Storage::fill`] does.
    #[must_use]
    pub fn fill_slice(&self, record: &WholeRecord, target: &mut [u8]) -> bool {
        self.fill(record, as_uninit(target))
    }

    fn read(&self, record: &WholeRecord, target: &mut [MaybeUninit<u8>]) -> bool {
        let filled = read_uninit(&self.file, target, record.payload_offset());
        // The padding is missed only at the very end of a file.
        filled.is_ok_and(|filled| filled == target.len())
            && (record.padded_len == record.len || self.holds(record))
    }
}

impl ReadAt for Storage {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let count = self.file.read_at(buffer, offset)?;
        if count > 0 || self.padless_len.is_none() {
            return Ok(count);
        }
        let left = self.source_len()?.saturating_sub(offset);
        let missing = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        buffer[..missing].fill(0);
        Ok(missing)
    }

    fn source_len(&self) -> io::Result<u64> {
        let len = self.file.source_len()?;
        let is_padded = self.padless_len == Some(len);
        Ok(if is_padded { len.next_multiple_of(ALIGNMENT as u64) } else { len })
    }
}

fn as_uninit(bytes: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    // SAFETY: both have the same layout, and nobody here writes uninitialised bytes to it.
    unsafe { &mut *(std::ptr::from_mut(bytes) as *mut [MaybeUninit<u8>]) }
}

/// Reads at `offset` until `target` is full or the file ends, and returns how many bytes.
#[cfg(unix)]
fn read_uninit(file: &File, target: &mut [MaybeUninit<u8>], offset: u64) -> io::Result<usize> {
    use std::os::fd::AsRawFd;
    let mut filled = 0;
    while let Some(rest) = target.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let at = i64::try_from(offset.saturating_add(filled as u64));
        let Ok(at) = at.map_err(drop).and_then(|at| libc::off_t::try_from(at).map_err(drop)) else {
            break;
        };
        // SAFETY: `rest` is writable memory of that length, and `pread` only writes to it.
        let count =
            unsafe { libc::pread(file.as_raw_fd(), rest.as_mut_ptr().cast(), rest.len(), at) };
        match usize::try_from(count) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
    Ok(filled)
}

#[cfg(not(unix))]
fn read_uninit(file: &File, target: &mut [MaybeUninit<u8>], offset: u64) -> io::Result<usize> {
    target.fill(MaybeUninit::new(0));
    // SAFETY: all of it was initialised in the line above.
    let bytes = unsafe { &mut *(std::ptr::from_mut(target) as *mut [u8]) };
    file.read_full_at(bytes, offset)
}
