/* Preloaded (LD_PRELOAD): appends to RECORD_TO, in their order, all writes and syncs of files whose path begins with RECORD_OF. A record is one byte of kind (W write, T truncate, S sync),
   one byte of the file (d database, w its log, a what was acknowledged), offset and length (8 bytes each, as the machine has them), then the bytes of a write. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int out = -1;

static char file_of(int fd) {
  char link[64], path[4096];
  const char *of = getenv("RECORD_OF");
  if (of == NULL) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  if (strncmp(path, of, strlen(of)) != 0) return 0;
  const char *name = path + strlen(of);
  if (strcmp(name, "/openguild.db") == 0) return 'd';
  if (strcmp(name, "/openguild.db-wal") == 0) return 'w';
  if (strcmp(name, "/acknowledged") == 0) return 'a';
  return 0;
}

static void record(char kind, int fd, int64_t offset, const void *bytes, uint64_t length) {
  char file = file_of(fd);
  if (file == 0) return;
  if (out < 0) out = syscall(SYS_openat, AT_FDCWD, getenv("RECORD_TO"), O_WRONLY | O_CREAT | O_APPEND, 0600);
  char head[18] = {kind, file};
  memcpy(head + 2, &offset, 8);
  memcpy(head + 10, &length, 8);
  struct iovec parts[2] = {{head, 18}, {(void *)bytes, kind == 'W' ? length : 0}};
  syscall(SYS_writev, out, parts, 2);
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  ssize_t done = REAL(ssize_t, pwrite, int, const void *, size_t, off_t)(fd, bytes, length, offset);
  if (done > 0) record('W', fd, offset, bytes, done);
  return done;
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  ssize_t done = REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t)(fd, bytes, length, offset);
  if (done > 0) record('W', fd, offset, bytes, done);
  return done;
}
ssize_t write(int fd, const void *bytes, size_t length) {
  ssize_t done = REAL(ssize_t, write, int, const void *, size_t)(fd, bytes, length);
  if (done > 0) record('W', fd, -1, bytes, done);
  return done;
}
int ftruncate(int fd, off_t length) {
  int done = REAL(int, ftruncate, int, off_t)(fd, length);
  if (done == 0) record('T', fd, length, NULL, 0);
  return done;
}
int ftruncate64(int fd, off64_t length) {
  int done = REAL(int, ftruncate64, int, off64_t)(fd, length);
  if (done == 0) record('T', fd, length, NULL, 0);
  return done;
}
int fsync(int fd) {
  int done = REAL(int, fsync, int)(fd);
  if (done == 0) record('S', fd, 0, NULL, 0);
  return done;
}
int fdatasync(int fd) {
  int done = REAL(int, fdatasync, int)(fd);
  if (done == 0) record('S', fd, 0, NULL, 0);
  return done;
}
