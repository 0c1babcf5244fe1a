/* Pictures: the only file that knows libpng and libjpeg. */
#include <stdio.h>

#include <jpeglib.h>
#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

static struct image *image_new(int64_t width, int64_t height, int64_t pixels_max)
{
    if (pixels_max > IMAGE_PIXELS_MAX) pixels_max = IMAGE_PIXELS_MAX;
    if (width < 1 || height < 1 || width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX || width * height > pixels_max) return NULL;
    struct image *i = calloc(1, sizeof *i);
    if (!i) return NULL;
    i->width = (int)width;
    i->height = (int)height;
    i->pixel = calloc((size_t)(width * height), sizeof *i->pixel);
    if (i->pixel) return i;
    free(i);
    return NULL;
}

void image_free(struct image *i)
{
    if (!i) return;
    free(i->pixel);
    free(i);
}

static uint32_t image_pixel(unsigned r, unsigned g, unsigned b, unsigned a)
{
    return a << 24 | (r * a + 127) / 255 << 16 | (g * a + 127) / 255 << 8 | (b * a + 127) / 255;
}

static struct image *image_read_png(const uint8_t *bytes, size_t n, int64_t pixels_max)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&png, bytes, n)) return NULL;
    png.format = PNG_FORMAT_RGBA;
    struct image *out = image_new(png.width, png.height, pixels_max);
    uint8_t *rows = out ? malloc(PNG_IMAGE_SIZE(png)) : NULL;
    bool good = rows && png_image_finish_read(&png, NULL, rows, 0, NULL);
    png_image_free(&png);
    for (size_t i = 0; good && i < (size_t)out->width * (size_t)out->height; i++)
        out->pixel[i] = image_pixel(rows[4 * i], rows[4 * i + 1], rows[4 * i + 2], rows[4 * i + 3]);
    free(rows);
    if (good) return out;
    image_free(out);
    return NULL;
}

/* ---- JPEG ---- */

struct image_jpeg {
    struct jpeg_decompress_struct c;
    struct jpeg_error_mgr errors;
    jmp_buf stop;
    struct image *out;
    uint8_t *row;
};

static void jpeg_stop(j_common_ptr c)
{
    struct image_jpeg *j = (struct image_jpeg *)c->client_data;
    longjmp(j->stop, 1);
}

static void jpeg_quiet(j_common_ptr c, int level)
{
    if (level < 0 && c->err->num_warnings++ > 1000) jpeg_stop(c); /* a broken one is not worth much time */
}

static void jpeg_silent(j_common_ptr c) {}

static struct image *image_read_jpeg(const uint8_t *bytes, size_t n, int64_t pixels_max)
{
    struct image_jpeg *j = calloc(1, sizeof *j);
    if (!j) return NULL;
    j->c.err = jpeg_std_error(&j->errors);
    j->errors.error_exit = jpeg_stop;
    j->errors.emit_message = jpeg_quiet;
    j->errors.output_message = jpeg_silent;
    j->c.client_data = j;
    if (setjmp(j->stop) == 0) {
        jpeg_create_decompress(&j->c);
        j->c.mem->max_memory_to_use = 256 << 20;
        jpeg_mem_src(&j->c, bytes, n);
        jpeg_read_header(&j->c, TRUE);
        j->c.out_color_space = JCS_RGB;
        struct image *out = j->out = image_new(j->c.image_width, j->c.image_height, pixels_max);
        if (out) jpeg_start_decompress(&j->c);
        j->row = out ? malloc((size_t)out->width * 3) : NULL;
        while (j->row && (int)j->c.output_scanline < out->height) {
            uint32_t *to = out->pixel + (size_t)j->c.output_scanline * (size_t)out->width;
            jpeg_read_scanlines(&j->c, &j->row, 1);
            for (int x = 0; x < out->width; x++) to[x] = image_pixel(j->row[3 * x], j->row[3 * x + 1], j->row[3 * x + 2], 255);
        }
    }
    struct image *out = j->out; /* a picture that breaks off is shown as far as it came */
    jpeg_destroy_decompress(&j->c);
    free(j->row);
    free(j);
    return out;
}

struct image *image_read(const uint8_t *bytes, size_t n, int64_t pixels_max)
{
    if (n >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0) return image_read_png(bytes, n, pixels_max);
    if (n >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0) return image_read_jpeg(bytes, n, pixels_max);
    return NULL;
}
