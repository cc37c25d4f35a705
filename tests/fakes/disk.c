/* A disk with faults, put before libc's calls by LD_PRELOAD (tests/fakes/disk.py builds it and says how to use it).
 *
 * DISK_FOLDER    only files below it are concerned
 * DISK_FSYNC_MS  every fsync takes so much longer
 * DISK_FULL      while this file exists nothing can be written: ENOSPC
 * DISK_SHADOW    a folder that gets what a power cut would leave: the content of a file as of its last fsync, under its
 *                inode's number, and the names in a folder as of the folder's last fsync. An fsync returns only after
 *                that, so whatever was acknowledged after it is there. Bytes that were written and never synced are
 *                only noted, as ranges, and are not there.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int is_ours(int fd, char *path) {
    const char *folder = getenv("DISK_FOLDER");
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = folder ? readlink(link, path, PATH_MAX - 1) : -1;
    if (length < 0) return 0;
    path[length] = 0;
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == 0);
}

static int is_full(int fd) {
    const char *flag = getenv("DISK_FULL");
    char path[PATH_MAX];
    if (!flag || access(flag, F_OK) != 0) return 0;
    int kept = errno, ours = is_ours(fd, path);
    errno = ours ? ENOSPC : kept;
    return ours;
}

struct range {
    off_t at;
    ssize_t n;
};

static int locked(const char *shadow) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/lock", shadow);
    int lock = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    flock(lock, LOCK_EX);
    return lock;
}

/* What was written and is not synced yet, noted beside the synced content. */
static void note(int fd, off_t at, ssize_t n) {
    const char *shadow = getenv("DISK_SHADOW");
    char path[PATH_MAX], to[PATH_MAX];
    struct stat found;
    int kept = errno;
    if (n > 0 && shadow && is_ours(fd, path) && fstat(fd, &found) == 0 && S_ISREG(found.st_mode)) {
        struct range one = {at, n};
        int lock = locked(shadow);
        snprintf(to, sizeof to, "%s/ranges-%lu", shadow, (unsigned long)found.st_ino);
        int out = open(to, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
        if (out >= 0 && syscall(SYS_write, out, &one, sizeof one) < 0) abort();
        close(out);
        close(lock);
    }
    errno = kept;
}

static void copy_ranges(const char *from, const char *shadow, unsigned long inode) {
    char ranges[PATH_MAX], to[PATH_MAX], block[1 << 16];
    struct stat found;
    struct range one;
    snprintf(ranges, sizeof ranges, "%s/ranges-%lu", shadow, inode);
    snprintf(to, sizeof to, "%s/file-%lu", shadow, inode);
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    int list = open(ranges, O_RDONLY | O_CLOEXEC);
    while (list >= 0 && read(list, &one, sizeof one) == sizeof one)
        while (one.n > 0) {
            ssize_t got = pread(in, block, one.n < (ssize_t)sizeof block ? one.n : (ssize_t)sizeof block, one.at);
            if (got <= 0) break;
            if (syscall(SYS_pwrite64, out, block, got, one.at) != got) abort();
            one.at += got;
            one.n -= got;
        }
    if (list >= 0) close(list), unlink(ranges);
    if (fstat(in, &found) == 0 && ftruncate(out, found.st_size) != 0) abort();
    close(in);
    close(out);
}

static void list_folder(const char *path, const char *to) {
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s.part", to);
    DIR *folder = opendir(path);
    FILE *out = fopen(part, "w");
    if (folder && out) {
        fprintf(out, "%s\n", path);
        for (struct dirent *one = readdir(folder); one; one = readdir(folder))
            fprintf(out, "%lu %s\n", (unsigned long)one->d_ino, one->d_name);
        fclose(out);
        out = 0;
        rename(part, to);
    }
    if (out) fclose(out);
    if (folder) closedir(folder);
}

static void remember(int fd) {
    const char *shadow = getenv("DISK_SHADOW");
    char path[PATH_MAX], to[PATH_MAX], from[64];
    struct stat found;
    if (!shadow || !is_ours(fd, path) || fstat(fd, &found) != 0) return;
    int lock = locked(shadow);
    if (S_ISDIR(found.st_mode)) {
        snprintf(to, sizeof to, "%s/folder-%lu", shadow, (unsigned long)found.st_ino);
        list_folder(path, to);
    } else {
        snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
        copy_ranges(from, shadow, found.st_ino);
    }
    close(lock);
}

static int synced(const char *name, int fd) {
    const char *ms = getenv("DISK_FSYNC_MS");
    if (ms) {
        double s = atof(ms) / 1000;
        struct timespec t = {(time_t)s, (long)((s - (time_t)s) * 1e9)};
        nanosleep(&t, 0);
    }
    if (is_full(fd)) return -1;
    int answer = ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
    if (answer == 0) remember(fd);
    return answer;
}

int fsync(int fd) { return synced("fsync", fd); }
int fdatasync(int fd) { return synced("fdatasync", fd); }


ssize_t write(int fd, const void *bytes, size_t n) {
    if (is_full(fd)) return -1;
    ssize_t done = ((ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(fd, bytes, n);
    if (done > 0 && getenv("DISK_SHADOW")) note(fd, lseek(fd, 0, SEEK_CUR) - done, done);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
    if (is_full(fd)) return -1;
    ssize_t done = ((ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite"))(fd, bytes, n, at);
    note(fd, at, done);
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) { return pwrite(fd, bytes, n, at); }
