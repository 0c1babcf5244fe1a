/* The files below one folder, for the HTTP server.
 *
 * The kernel itself keeps every name below the folder (openat2 with RESOLVE_BENEATH): neither ".." nor a symbolic link leads out. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hepta/http.h"
#include "hepta/os.h"

enum { FOLDER_PATH_MAX = 4096 };

struct folder {
    int fd;
};

static int folder_error(void)
{
    switch (errno) {
    case ENOENT: case ENOTDIR: case ENAMETOOLONG: return HP_ENOENT;
    case EACCES: case EPERM: case EXDEV: case ELOOP: return HP_EACCES;
    case ENOMEM: return HP_ENOMEM;
    default: return HP_EIO;
    }
}

static int folder_open_below(const struct folder *f, const char *path)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, f->fd, path, &how, sizeof how);
}

/* A folder answers with its index.html. */
static int folder_find(const struct folder *f, const char *path, struct stat *st)
{
    char index[FOLDER_PATH_MAX];
    while (*path == '/') path++;
    int fd = folder_open_below(f, *path ? path : ".");
    if (fd < 0 || fstat(fd, st) < 0 || !S_ISDIR(st->st_mode)) return fd;
    close(fd);
    size_t n = strlen(path);
    if (n + sizeof "/index.html" > sizeof index) {
        errno = ENOENT;
        return -1;
    }
    memcpy(index, path, n);
    memcpy(index + n, n ? "/index.html" : "index.html", n ? sizeof "/index.html" : sizeof "index.html");
    fd = folder_open_below(f, index);
    return fd >= 0 && fstat(fd, st) < 0 ? (close(fd), -1) : fd;
}

static int folder_open(void *ctx, const char *path, struct hp_file *out)
{
    struct stat st;
    int fd = folder_find(ctx, path, &st);
    if (fd < 0) return folder_error();
    if (!S_ISREG(st.st_mode)) {
        close(fd);
        return HP_EACCES;
    }
    *out = (struct hp_file){.size = (uint64_t)st.st_size, .modified = (uint64_t)st.st_mtime, .handle = (void *)(intptr_t)fd};
    return HP_OK;
}

static int64_t folder_read(void *ctx, struct hp_file *file, uint64_t offset, void *out, size_t n)
{
    for (;;) {
        ssize_t got = pread((int)(intptr_t)file->handle, out, n, (off_t)offset);
        if (got >= 0) return got;
        if (errno != EINTR) return HP_EIO;
    }
}

static void folder_close(void *ctx, struct hp_file *file) { close((int)(intptr_t)file->handle); }

int hp_os_folder(const char *path, struct hp_files *out)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return folder_error();
    struct folder *f = malloc(sizeof *f);
    if (!f) {
        close(fd);
        return HP_ENOMEM;
    }
    f->fd = fd;
    *out = (struct hp_files){.open = folder_open, .read = folder_read, .close = folder_close, .ctx = f};
    return HP_OK;
}

void hp_os_folder_close(struct hp_files *files)
{
    struct folder *f = files->ctx;
    if (!f) return;
    close(f->fd);
    free(f);
    files->ctx = NULL;
}
