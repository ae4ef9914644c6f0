#define _GNU_SOURCE

#include "CLinux.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

int cl_reserve(int descriptor, int64_t byte_count) {
  return fallocate(descriptor, 0, 0, byte_count);
}

int cl_open_for_direct_writing(const char *path) {
  return open(path, O_WRONLY | O_DIRECT | O_CLOEXEC);
}

int cl_rename_without_replacing(const char *path, const char *target) {
  return renameat2(AT_FDCWD, path, AT_FDCWD, target, RENAME_NOREPLACE);
}

int cl_clone_range(
  int source, int64_t source_offset, int target, int64_t target_offset, int64_t byte_count
) {
  struct file_clone_range range = {
    .src_fd = source,
    .src_offset = (uint64_t)source_offset,
    .src_length = (uint64_t)byte_count,
    .dest_offset = (uint64_t)target_offset,
  };
  return ioctl(target, FICLONERANGE, &range);
}
