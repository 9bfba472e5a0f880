/* Preloaded (LD_PRELOAD): after FAIL_SYNC_AFTER successful ones every sync fails once, as it does when a disk cannot write; later ones succeed again and lie. FAIL_SYNC_OF: only
   syncs of files whose path ends so are counted. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int calls;

static int concerns(int fd) {
  char link[64], path[4096];
  const char *of = getenv("FAIL_SYNC_OF");
  if (of == NULL) return 1;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < (ssize_t)strlen(of)) return 0;
  path[length] = 0;
  return strcmp(path + length - strlen(of), of) == 0;
}

static int sync_by(const char *name, int fd) {
  const char *limit = getenv("FAIL_SYNC_AFTER");
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  if (limit != NULL && concerns(fd) && __sync_add_and_fetch(&calls, 1) == atoi(limit)) {
    errno = EIO;
    return -1;
  }
  return real(fd);
}

int fsync(int fd) { return sync_by("fsync", fd); }
int fdatasync(int fd) { return sync_by("fdatasync", fd); }
