//! On which files a map makes sense without being asked for.

use std::fs::File;

/// The longest file that is mapped without being asked for, in bytes: what is touched of a map
/// counts as memory of the process, though the system can take it back at any time.
const MAX_LEN: u64 = 2 << 30;

/// Returns whether a file is a short one on a disk of this machine.
///
/// Over a network each touch of a page is a round trip that nothing can interrupt.
pub(crate) fn is_worth_mapping(file: &File) -> bool {
    let is_short = file
        .metadata()
        .is_ok_and(|metadata| metadata.is_file() && (1..=MAX_LEN).contains(&metadata.len()));
    is_short && cfg!(target_pointer_width = "64") && is_local(file)
}

#[cfg(target_os = "linux")]
fn is_local(file: &File) -> bool {
    /// `statfs`'s numbers of file systems on disks and in memory (statfs(2), linux/magic.h).
    const LOCAL: [i64; 14] = [
        0x0000_ef53, // ext2, ext3, ext4
        0x5846_5342, // XFS
        0x9123_683e, // Btrfs
        0x2fc1_2fc1, // ZFS
        0xf2f5_2010, // F2FS
        0xca45_1a4e, // bcachefs
        0x3153_464a, // JFS
        0x5265_4973, // ReiserFS
        0x794c_7630, // overlayfs
        0x0102_1994, // tmpfs
        0x8584_58f6, // ramfs
        0x7371_7368, // SquashFS
        0xe0f5_e1e2, // EROFS
        0x0000_9660, // ISO 9660
    ];
    use std::{mem::MaybeUninit, os::fd::AsRawFd};
    let mut status = MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the descriptor is open, and `status` is written on success.
    let found = unsafe {
        (libc::fstatfs(file.as_raw_fd(), status.as_mut_ptr()) == 0).then(|| status.assume_init())
    };
    // The type of the field differs between systems; the numbers fit 32 bits.
    #[allow(clippy::unnecessary_cast, reason = "i64 here, u32 or i32 elsewhere")]
    found.is_some_and(|status| LOCAL.contains(&(status.f_type as i64 & 0xffff_ffff)))
}

#[cfg(target_os = "macos")]
fn is_local(file: &File) -> bool {
    use std::{mem::MaybeUninit, os::fd::AsRawFd};
    let mut status = MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the descriptor is open, and `status` is written on success.
    let found = unsafe {
        (libc::fstatfs(file.as_raw_fd(), status.as_mut_ptr()) == 0).then(|| status.assume_init())
    };
    found.is_some_and(|status| status.f_flags & libc::MNT_LOCAL as u32 != 0)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn is_local(_file: &File) -> bool {
    false
}
