/* The list of fields' names against what dissect() gives over all the fuzzers' seeds: none is missing there, and none is made up. */
#include "wire/field.h"

#include <dirent.h>

#include "support/golden.h"
#include "wire/dissect.h"

enum { NAMES_MAX = 600 };

static bool given[NAMES_MAX];

static int place_of(const char *name)
{
    for (int i = 0; field_names[i]; i++)
        if (strcmp(field_names[i], name) == 0) return i;
    return -1;
}

static void take(void *ctx, const struct dissect_field *f)
{
    int i = place_of(f->name);
    if (i < 0) fail_msg("dissect() gives %s (%s), which is not in the list of wire/field.c", f->name, (const char *)ctx);
    given[i] = true;
}

static void take_folder(const char *folder, bool first_byte)
{
    static uint8_t frame[1 << 16];
    char path[1000];
    DIR *d = opendir(folder);
    if (!d) fail_msg("%s cannot be read", folder);
    for (struct dirent *e; (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (!f) continue;
        size_t n = fread(frame, 1, sizeof frame, f), skip = first_byte && n ? 1 : 0;
        fclose(f);
        dissect(bytes_of(frame + skip, n - skip), skip && frame[0] & 1 ? DISSECT_RAW_IP : DISSECT_ETHERNET, take, path);
    }
    closedir(d);
}

/* ---- frames with what no seed has ---- */

static void take_ip(uint8_t proto, bool six, const uint8_t *payload, size_t n)
{
    uint8_t frame[2048] = {0x45, 0, (uint8_t)((20 + n) >> 8), (uint8_t)(20 + n), 0, 1, 0, 0, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
    if (six) {
        memset(frame, 0, 40);
        memcpy(frame, (uint8_t[]){0x60, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n, proto, 255, 0xfe, 0x80}, 10);
        frame[23] = 1, frame[24] = 0xff, frame[25] = 2, frame[39] = 1;
    }
    memcpy(frame + (six ? 40 : 20), payload, n);
    dissect(bytes_of(frame, (six ? 40 : 20) + n), DISSECT_RAW_IP, take, (void *)(uintptr_t) "a frame of this test");
}

static void take_http(const char *text)
{
    uint8_t segment[1400] = {0, 80, 0x9c, 0x40, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 16, 0};
    size_t n = strlen(text);
    memcpy(segment + 20, text, n);
    take_ip(6, false, segment, 20 + n);
}

static void take_crafted(void)
{
    static const char headers[] =
        "Host: b\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nAccept-Language: ko\r\nAuthorization: x\r\nCache-Control: no-cache\r\nConnection: close\r\n"
        "Content-Encoding: br\r\nContent-Length: 4\r\nContent-Type: text/html\r\nCookie: a=1\r\nDate: today\r\nLast-Modified: then\r\nLocation: /\r\n"
        "Referer: /\r\nServer: hepta\r\nSet-Cookie: a=1\r\nTransfer-Encoding: chunked\r\nX-Other: 1\r\n\r\nbody";
    char text[1200];
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\n%s", headers);
    take_http(text);
    snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%s", headers);
    take_http(text);
    take_ip(1, false, (uint8_t[36]){12, 0, 0, 0, 5}, 36);
    take_ip(1, false, (uint8_t[36]){5, 1, 0, 0, 10, 0, 0, 9}, 36);
    take_ip(58, true, (uint8_t[24]){130}, 24);
    take_ip(58, true, (uint8_t[56]){2, 0, 0, 0, 0, 0, 5, 0, 0x60}, 56);
    take_ip(58, true, (uint8_t[56]){4, 0, 0, 0, 0, 0, 0, 6, 0x60}, 56);
    take_ip(58, true, (uint8_t[40]){137}, 40);
    take_ip(60, true, (uint8_t[16]){43, 0, 1, 4, 0, 0, 0, 0, 59, 0, 0, 0}, 16);
    take_ip(17, false, (uint8_t[32]){2, 8, 2, 8, 0, 32, 0, 0, 2, 2, 0, 7, 0, 2}, 32);
    take_ip(6, false, (uint8_t[52]){0, 80, 0, 81, 0, 0, 0, 1, 0, 0, 0, 1, 0xd0, 0x10, 16, 0, 0, 0, 0, 0, 29, 6, 1, 1, 9, 9, 19, 18,
                                    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 100, 4, 7, 7}, 52);
}

static void test_the_list_is_what_frames_have(void **state)
{
    take_folder(SEEDS "/dissect", true);
    take_folder(SEEDS "/host_frames", false);
    for (size_t i = 0; i < golden_count; i++) dissect(golden_bytes(golden[i].name), DISSECT_ETHERNET, take, (void *)(uintptr_t)golden[i].name);
    take_crafted();
    char missing[4000] = "";
    for (int i = 0; field_names[i]; i++) {
        const char *others[FIELD_OTHERS_MAX];
        field_others(field_names[i], others);
        bool there = given[i] || strncmp(field_names[i], "frame.", 6) == 0;
        if (others[0]) there = place_of(others[0]) >= 0 && (!others[1] || place_of(others[1]) >= 0);
        if (!there) strcat(strcat(missing, " "), field_names[i]);
    }
    if (missing[0]) fail_msg("no frame here has these fields:%s", missing);
}

static void test_the_list_is_in_order(void **state)
{
    for (int i = 0; field_names[i] && field_names[i + 1]; i++)
        if (strcmp(field_names[i], field_names[i + 1]) >= 0) fail_msg("%s comes before %s", field_names[i], field_names[i + 1]);
    assert_true(field_known("ip.addr") && field_known("tcp") && !field_known("icmp.tpye") && !field_known(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_list_is_what_frames_have), cmocka_unit_test(test_the_list_is_in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
