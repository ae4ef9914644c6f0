#ifndef CLINUX_H
#define CLINUX_H

#include <stdint.h>

// System calls that Swift's Glibc module does not show, because they are declared for `_GNU_SOURCE` only
// or are variadic. Each returns -1 and sets `errno` when it fails.

// fallocate(2) without flags: gives the file `byte_count` bytes, and the blocks for them.
int cl_reserve(int descriptor, int64_t byte_count);

// open(2) for writing with O_DIRECT; fails with EINVAL where the file system has no such writes.
int cl_open_for_direct_writing(const char *path);

// renameat2(2) with RENAME_NOREPLACE: fails with EEXIST if `target` exists.
int cl_rename_without_replacing(const char *path, const char *target);

// ioctl(2) FICLONERANGE: lets two files share blocks until one of them is written.
int cl_clone_range(
  int source, int64_t source_offset, int target, int64_t target_offset, int64_t byte_count);

#endif
