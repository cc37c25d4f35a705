/* A disk with faults, put before libc's calls by LD_PRELOAD (tests/fakes/disk.py builds it and says how to use it).
 *
 * DISK_FOLDER    only files below it are concerned
 * DISK_FSYNC_MS  every fsync takes so much longer
 * DISK_FULL      while this file exists nothing can be written: ENOSPC
 * DISK_SHADOW    a folder that gets what a power cut would leave: the content of a file as of its last fsync, under its
 *                inode's number, and the names in a folder as of the folder's last fsync. An fsync returns only after
 *                that, so whatever was acknowledged after it is there. Bytes that were never synced are not.
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
#include <sys/sendfile.h>
#include <sys/stat.h>
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

static void copy_file(const char *from, const char *to) {
    char part[PATH_MAX];
    struct stat found;
    snprintf(part, sizeof part, "%s.part", to);
    int in = open(from, O_RDONLY), out = open(part, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (in >= 0 && out >= 0 && fstat(in, &found) == 0) {
        off_t at = 0;
        while (at < found.st_size && sendfile(out, in, &at, found.st_size - at) > 0) {}
        rename(part, to);
    }
    if (in >= 0) close(in);
    if (out >= 0) close(out);
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
    snprintf(to, sizeof to, "%s/lock", shadow);
    int lock = open(to, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    flock(lock, LOCK_EX); /* one after another: an older copy never takes the place of a newer one */
    if (S_ISDIR(found.st_mode)) {
        snprintf(to, sizeof to, "%s/folder-%lu", shadow, (unsigned long)found.st_ino);
        list_folder(path, to);
    } else {
        snprintf(to, sizeof to, "%s/file-%lu", shadow, (unsigned long)found.st_ino);
        snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
        copy_file(from, to);
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

#define WRITES(name, parameters, arguments)                                             \
    ssize_t name parameters {                                                           \
        static ssize_t (*real) parameters;                                              \
        if (!real) real = (ssize_t(*) parameters)dlsym(RTLD_NEXT, #name);               \
        return is_full(fd) ? -1 : real arguments;                                       \
    }
WRITES(write, (int fd, const void *bytes, size_t n), (fd, bytes, n))
WRITES(pwrite, (int fd, const void *bytes, size_t n, off_t at), (fd, bytes, n, at))
WRITES(pwrite64, (int fd, const void *bytes, size_t n, off64_t at), (fd, bytes, n, at))
