/* Pictures: PNG and JPEG bytes to pixels. */
#ifndef BROWSER_IMAGE_H
#define BROWSER_IMAGE_H

#include <stddef.h>
#include <stdint.h>

enum { IMAGE_SIDE_MAX = 8192, IMAGE_PIXELS_MAX = 16 << 20 };

struct image {
    int width, height;
    uint32_t *pixel;                    /* 0xAARRGGBB, premultiplied, rows of `width` */
};

/* NULL: no picture that can be read, too large, or no memory. */
struct image *image_read(const uint8_t *bytes, size_t n, int64_t pixels_max);
void image_free(struct image *i);

#endif
