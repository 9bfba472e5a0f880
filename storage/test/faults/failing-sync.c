/* Preloaded (LD_PRELOAD): after FAIL_SYNC_AFTER successful ones every sync fails once, as it does when a disk cannot write; later ones succeed again and lie. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

static int calls;

static int sync_by(const char *name, int fd) {
  const char *limit = getenv("FAIL_SYNC_AFTER");
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  if (limit != NULL && __sync_add_and_fetch(&calls, 1) == atoi(limit)) {
    errno = EIO;
    return -1;
  }
  return real(fd);
}

int fsync(int fd) { return sync_by("fsync", fd); }
int fdatasync(int fd) { return sync_by("fdatasync", fd); }
