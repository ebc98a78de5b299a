//! Files that are whole, damaged, cut or grown: a map gives what positioned reads give.

#![allow(clippy::unwrap_used)] // `allow-unwrap-in-tests` does not reach the helpers here

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use proptest::{collection::vec, prelude::*, sample::select};
use recordio::{
    fragment::{FragmentHeader, FragmentKind, MAGIC},
    io::{Writer, read_record_at},
};
use recordio_storage::{Backend, Storage};

const BACKENDS: [Backend; 3] = [Backend::Positioned, Backend::Mapped, Backend::Auto];

/// A file that is removed when dropped.
struct TempFile(PathBuf);

impl TempFile {
    fn new(bytes: &[u8]) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("recordio-storage-{}-{number}", std::process::id());
        let file = Self(std::env::temp_dir().join(name));
        fs::write(&file.0, bytes).unwrap();
        file
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn open(&self, backend: Backend) -> Storage {
        Storage::new(File::open(&self.0).unwrap(), backend).unwrap()
    }

    fn set_len(&self, len: u64) {
        OpenOptions::new().write(true).open(&self.0).unwrap().set_len(len).unwrap();
    }

    fn append(&self, bytes: &[u8]) {
        OpenOptions::new().append(true).open(&self.0).unwrap().write_all(bytes).unwrap();
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn write(records: &[Vec<u8>]) -> (Vec<u8>, Vec<u64>) {
    let mut writer = Writer::new(Vec::new());
    let offsets = records.iter().map(|record| writer.write_record(record).unwrap()).collect();
    (writer.into_inner().unwrap(), offsets)
}

/// Records of the same length, each of its own bytes.
fn same_len(count: u8, len: usize) -> Vec<Vec<u8>> {
    (1..=count).map(|byte| vec![byte; len]).collect()
}

/// Reads a record of one fragment, if there is one.
fn read(storage: &Storage, offset: u64) -> Option<(Vec<u8>, u64)> {
    let record = storage.find_whole(offset)?;
    let mut bytes = vec![0xee; record.len];
    storage.fill_slice(&record, &mut bytes).then(|| (bytes, record.end()))
}

/// Reads as `read` does, by the core alone.
fn read_plain(path: &Path, offset: u64) -> Option<(Vec<u8>, u64)> {
    let (file, mut buffer) = (fs::read(path).unwrap(), Vec::new());
    let record = read_record_at(&file, offset, None, &mut buffer).ok()?;
    let header = file.get(usize::try_from(offset).ok()?..)?.first_chunk()?;
    let kind = FragmentHeader::parse(*header).ok()?.kind();
    (kind == FragmentKind::Full).then(|| (buffer[record.range].to_vec(), record.end))
}

fn check(file: &TempFile, storages: &[Storage], offsets: impl IntoIterator<Item = u64>) {
    for offset in offsets {
        let expected = read_plain(file.path(), offset);
        for (storage, backend) in storages.iter().zip(BACKENDS) {
            assert!(read(storage, offset) == expected, "{backend:?} at {offset}");
        }
    }
}

#[test]
fn a_file_that_does_not_change_is_read_at_every_offset() {
    let records = [vec![], vec![0], vec![7; 9], MAGIC.to_vec(), vec![0; 300], vec![1; 5000]];
    let (bytes, _) = write(&records);
    let file = TempFile::new(&bytes);
    let storages = BACKENDS.map(|backend| file.open(backend));
    check(&file, &storages, (0..bytes.len() as u64 + 9).chain([1 << 40, u64::MAX - 7, u64::MAX]));
}

#[test]
fn a_record_of_more_than_a_mebibyte_is_found_where_it_is_whole() {
    let (bytes, offsets) = write(&same_len(3, 3 << 20));
    let file = TempFile::new(&bytes);
    let storages = BACKENDS.map(|backend| file.open(backend));
    check(&file, &storages, offsets.iter().copied());
    file.set_len(offsets[2] - 1);
    check(&file, &storages, offsets.iter().copied());
    check(&file, &BACKENDS.map(|backend| file.open(backend)), offsets);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_cut_has_what_is_left_of_it() {
    let (bytes, offsets) = write(&same_len(20, 1000));
    for end in (0..bytes.len() as u64).step_by(251).chain([4095, 4096, 4097, 8192]) {
        let file = TempFile::new(&bytes);
        let storages = BACKENDS.map(|backend| file.open(backend));
        check(&file, &storages, [offsets[19]]);
        file.set_len(end);
        check(&file, &storages, offsets.iter().copied());
        file.set_len(bytes.len() as u64); // with zeros
        check(&file, &storages, offsets.iter().copied());
    }
}

#[test]
fn a_file_that_grows_has_what_is_added() {
    let (bytes, offsets) = write(&same_len(20, 1000));
    let len = usize::try_from(offsets[7]).unwrap() + 500;
    let file = TempFile::new(&bytes[..len]);
    let storages = BACKENDS.map(|backend| file.open(backend));
    check(&file, &storages, offsets.iter().copied());
    file.append(&bytes[len..]);
    check(&file, &storages, offsets);
}

#[cfg(unix)]
#[test]
fn a_map_is_used_until_a_page_of_it_is_missed() {
    let (bytes, offsets) = write(&same_len(5, 5000));
    for backend in [Backend::Mapped, Backend::Auto] {
        let file = TempFile::new(&bytes);
        let (one, other) = (file.open(backend), file.open(backend));
        file.set_len(4096);
        assert!(one.is_mapped() && read(&one, 0).is_none());
        assert!(!one.is_mapped() && other.is_mapped());
        file.set_len(0);
        file.append(&bytes);
        assert!(read(&one, offsets[4]).is_some() && !one.is_mapped());
        assert!(read(&other, offsets[4]).is_some() && other.is_mapped());
    }
}

#[cfg(unix)]
#[test]
fn many_threads_may_miss_the_same_pages_and_others() {
    let (bytes, offsets) = write(&same_len(100, 5000));
    for cycle in 0..20 {
        let file = TempFile::new(&bytes);
        let storages = [(); 4].map(|()| file.open(Backend::Mapped));
        let end = offsets[60] + 77 * cycle;
        thread::scope(|scope| {
            for number in 0..8 {
                let (storage, offsets) = (&storages[number % 4], &offsets);
                scope.spawn(move || {
                    for place in 0..100 {
                        let place = (place * 7 + number) % 100;
                        let found = read(storage, offsets[place]);
                        let byte = u8::try_from(place).unwrap() + 1;
                        match found {
                            Some((found, _)) => assert!(found == vec![byte; 5000]),
                            None => assert!(place >= 60),
                        }
                    }
                });
            }
            file.set_len(end);
        });
        for storage in &storages {
            assert!(read(storage, offsets[59]).is_some() && read(storage, offsets[60]).is_none());
        }
    }
}

#[test]
fn an_empty_file_has_no_record() {
    let file = TempFile::new(&[]);
    let storages = BACKENDS.map(|backend| file.open(backend));
    check(&file, &storages, [0, 1, 4096]);
    assert_eq!(storages.map(|storage| storage.is_mapped()), [false, true, false]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_mapped_neither_on_request_nor_by_itself() {
    let fifo = TempFile::new(&[]);
    fs::remove_file(fifo.path()).unwrap();
    let status = std::process::Command::new("mkfifo").arg(fifo.path()).status().unwrap();
    assert!(status.success());
    // Both ends, so that nobody waits for the other.
    let open_fifo = || OpenOptions::new().read(true).write(true).open(fifo.path()).unwrap();
    let open = |path: &str| File::open(path).unwrap();
    for open in [&open_fifo as &dyn Fn() -> File, &|| open("/"), &|| open("/dev/null")] {
        assert!(Storage::new(open(), Backend::Mapped).is_err());
        assert!(!Storage::new(open(), Backend::Auto).unwrap().is_mapped());
    }
}

#[test]
fn a_storage_is_mapped_if_that_was_asked_for() {
    let file = TempFile::new(&write(&same_len(1, 9)).0);
    let is_local = cfg!(any(target_os = "linux", target_os = "macos"));
    let mapped = BACKENDS.map(|backend| file.open(backend).is_mapped());
    assert_eq!(mapped, [false, true, is_local]);
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    let len = select(vec![0, 1, 2, 3, 4, 7, 100, 1000, 4088, 5000]);
    let long = (len, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]);
    prop_oneof![long, vec(any::<u8>(), 0..20), Just([&MAGIC[..], b"ab", &MAGIC].concat())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_file_that_changes_in_any_way_is_read_alike(
        records in vec(payload(), 1..8),
        changes in vec((any::<usize>(), any::<u8>()), 0..3),
        lens in vec(any::<usize>(), 0..3),
        odd in any::<u64>(),
    ) {
        let (mut bytes, mut offsets) = write(&records);
        for (at, byte) in changes {
            let len = bytes.len();
            bytes[at % len] = byte;
        }
        offsets.push(odd % (bytes.len() as u64 + 16));
        let file = TempFile::new(&bytes);
        let storages = BACKENDS.map(|backend| file.open(backend));
        check(&file, &storages, offsets.iter().copied());
        for len in lens {
            if cfg!(unix) {
                file.set_len((len % (bytes.len() + 9)) as u64);
            }
            check(&file, &storages, offsets.iter().copied());
        }
    }
}
