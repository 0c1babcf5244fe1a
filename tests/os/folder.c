/* Files below a folder: found, read, and never outside. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hepta/http.h"
#include "hepta/os.h"
#include "support/test.h"

struct folder_test {
    char path[64];
    struct hp_files files;
};

static void put(const struct folder_test *t, const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", t->path, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int folder_begin(void **state)
{
    struct folder_test *t = calloc(1, sizeof *t);
    char path[160];
    assert_non_null(t);
    strcpy(t->path, "/tmp/hepta-test-XXXXXX");
    assert_non_null(mkdtemp(t->path));
    snprintf(path, sizeof path, "%s/sub", t->path);
    assert_int_equal(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s/empty", t->path);
    assert_int_equal(mkdir(path, 0755), 0);
    put(t, "file", "hello");
    put(t, "sub/index.html", "<p>");
    snprintf(path, sizeof path, "%s/out", t->path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    snprintf(path, sizeof path, "%s/up", t->path);
    assert_int_equal(symlink("..", path), 0);
    snprintf(path, sizeof path, "%s/in", t->path);
    assert_int_equal(symlink("sub/index.html", path), 0);
    assert_int_equal(hp_os_folder(t->path, &t->files), HP_OK);
    *state = t;
    return 0;
}

static int folder_end(void **state)
{
    static const char *const names[] = {"file", "sub/index.html", "out", "up", "in", "sub", "empty", ""};
    struct folder_test *t = *state;
    hp_os_folder_close(&t->files);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[160];
        snprintf(path, sizeof path, "%s/%s", t->path, names[i]);
        assert_int_equal(remove(path), 0);
    }
    free(t);
    return 0;
}

static int try_open(const struct folder_test *t, const char *path)
{
    struct hp_file f;
    int err = t->files.open(t->files.ctx, path, &f);
    if (!err) t->files.close(t->files.ctx, &f);
    return err;
}

static void test_a_file_is_read(void **state)
{
    struct folder_test *t = *state;
    struct hp_file f;
    char b[8] = "";
    assert_int_equal(t->files.open(t->files.ctx, "/file", &f), HP_OK);
    assert_int_equal(f.size, 5);
    assert_true(f.modified > 0);
    assert_int_equal(t->files.read(t->files.ctx, &f, 1, b, sizeof b), 4);
    assert_string_equal(b, "ello");
    assert_int_equal(t->files.read(t->files.ctx, &f, 5, b, sizeof b), 0);
    t->files.close(t->files.ctx, &f);
}

static void test_a_folder_answers_with_its_index(void **state)
{
    struct folder_test *t = *state;
    assert_int_equal(try_open(t, "/sub"), HP_OK);
    assert_int_equal(try_open(t, "/sub/"), HP_OK);
    assert_int_equal(try_open(t, "/empty"), HP_ENOENT);
    assert_int_equal(try_open(t, "/"), HP_ENOENT);
}

static void test_what_is_not_there(void **state)
{
    struct folder_test *t = *state;
    char long_name[5000];
    assert_int_equal(try_open(t, "/nothing"), HP_ENOENT);
    assert_int_equal(try_open(t, "/file/below"), HP_ENOENT);
    memset(long_name, 'x', sizeof long_name);
    long_name[0] = '/';
    long_name[sizeof long_name - 1] = 0;
    assert_int_equal(try_open(t, long_name), HP_ENOENT);
}

static void test_nothing_leads_outside(void **state)
{
    struct folder_test *t = *state;
    assert_int_equal(try_open(t, "/../../etc/passwd"), HP_EACCES);
    assert_int_equal(try_open(t, "//etc/passwd"), HP_ENOENT);
    assert_int_equal(try_open(t, "/out"), HP_EACCES);
    assert_int_equal(try_open(t, "/up/etc/passwd"), HP_EACCES);
    assert_int_equal(try_open(t, "/in"), HP_OK);
}

static void test_a_folder_that_is_none(void **state)
{
    struct hp_files files;
    assert_int_equal(hp_os_folder("/nonexistent", &files), HP_ENOENT);
    assert_int_equal(hp_os_folder("/etc/passwd", &files), HP_ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_is_read),
        cmocka_unit_test(test_a_folder_answers_with_its_index),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_nothing_leads_outside),
        cmocka_unit_test(test_a_folder_that_is_none),
    };
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
