//! A `.rec` file as bytes at offsets, straight into the caller's memory.
//!
//! The crate `recordio` reads whatever implements its `ReadAt`, and has no unsafe code. Two things
//! cannot be had that way: a memory map, and a read into memory that is not initialised, a new
//! Python object say. They live here, with the reasons why each is sound.
//!
//! | module | subject |
//! |---|---|
//! | [`storage`](Storage) | whole records by positioned reads or through the map |
//! | `map` | a mapped file: copies bytes out, or says that they are gone |
//! | `guard` | what a shrinking file does to a map: no process dies of it |
//! | `local` | on which files a map makes sense |

#[cfg(unix)]
mod guard;
mod local;
mod map;
mod storage;

pub use storage::{Backend, Storage, WholeRecord};
