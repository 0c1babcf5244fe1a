/* Wires by name: what is wrong is said, and what to do about it. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hepta/os.h"
#include "support/test.h"

static struct hp_loop *url_loop;

static void refused(const char *url, int err, const char *part)
{
    char why[512] = "";
    struct hp_wire *w = NULL;
    int got = hp_wire_open(url_loop, url, &w, why, sizeof why);
    if (got != err || !strstr(why, part)) fail_msg("%s: expected %d \"...%s...\", came %d \"%s\"", url, err, part, got, why);
    assert_null(w);
}

static void test_what_is_not_a_url(void **state)
{
    refused("", HP_EINVAL, "KIND:NAME");
    refused("hepta0", HP_EINVAL, "KIND:NAME, such as tap:hepta0");
    refused("tape:hepta0", HP_EINVAL, "no kind of wire is called \"tape\"; there are tap:NAME, tun:NAME");
    refused("tap:hepta0,mtu", HP_EINVAL, "KEY=VALUE");
    refused("tap:hepta0,color=red", HP_EINVAL, "no option \"color\"");
    refused("tap:a,b=1,b=1,b=1,b=1,b=1,b=1,b=1,b=1,b=1", HP_EINVAL, "more than 8 options");
    refused("null:,mtu=3", HP_EINVAL, "no option \"mtu\"");
}

static void test_names_and_numbers_that_cannot_be(void **state)
{
    refused("tap:", HP_EINVAL, "1 to 15 letters");
    refused("tap:a-name-too-long-for-linux", HP_EINVAL, "1 to 15 letters");
    refused("tun:../../etc", HP_EINVAL, "1 to 15 letters");
    refused("fd:x", HP_EINVAL, "a descriptor's number");
    refused("fd:-1", HP_EINVAL, "a descriptor's number");
    refused("fd:999", HP_EINVAL, "not an open datagram or SEQPACKET socket");
    refused("packet:no-such-if", HP_ENOENT, "no interface of that name");
    refused("pcap:/nonexistent", HP_ENOENT, "/nonexistent cannot be read");
    refused("pcap:/dev/null", HP_EPROTO, "neither a pcapng nor a pcap file");
}

static void test_a_pipe_is_no_wire(void **state)
{
    int fd[2];
    char url[32];
    assert_int_equal(pipe(fd), 0);
    snprintf(url, sizeof url, "fd:%d", fd[0]);
    refused(url, HP_EINVAL, "not an open datagram or SEQPACKET socket");
    close(fd[0]);
    close(fd[1]);
}

/* Without privileges the text says what to do.  In a child, since it gives its privileges away. */
static void test_no_privilege(void **state)
{
    if (access("/dev/net/tun", F_OK) != 0) skip();
    pid_t child = fork();
    if (child == 0) {
        char why[512] = "";
        struct hp_wire *w = NULL;
        if (getuid() == 0 && (setgid(65534) || setuid(65534))) _exit(2);
        int tap = hp_wire_open(url_loop, "tap:hepta-none", &w, why, sizeof why);
        bool said = tap == HP_EACCES && (strstr(why, "CAP_NET_ADMIN") || strstr(why, "/dev/net/tun cannot be opened"));
        int packet = hp_wire_open(url_loop, "packet:lo", &w, why, sizeof why);
        _exit(said && packet == HP_EACCES && strstr(why, "CAP_NET_RAW") ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_null_swallows(void **state)
{
    struct hp_wire *w = NULL;
    char why[64];
    assert_int_equal(hp_wire_open(url_loop, "null:", &w, why, sizeof why), HP_OK);
    hp_wire_close(w);
}

static void test_the_text_fits(void **state)
{
    char why[8];
    struct hp_wire *w = NULL;
    memset(why, 'x', sizeof why);
    assert_int_equal(hp_wire_open(url_loop, "tape:hepta0", &w, why, sizeof why), HP_EINVAL);
    assert_string_equal(why, "no kind");
    assert_int_equal(hp_wire_open(url_loop, "tape:hepta0", &w, NULL, 0), HP_EINVAL);
}

static int url_begin(void **state) { return hp_loop_new(&url_loop); }

static int url_end(void **state)
{
    hp_loop_free(url_loop);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_a_url),
        cmocka_unit_test(test_names_and_numbers_that_cannot_be),
        cmocka_unit_test(test_a_pipe_is_no_wire),
        cmocka_unit_test(test_no_privilege),
        cmocka_unit_test(test_null_swallows),
        cmocka_unit_test(test_the_text_fits),
    };
    return cmocka_run_group_tests(tests, url_begin, url_end);
}
