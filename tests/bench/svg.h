/* SPDX-License-Identifier: MIT */
/* The few elements of SVG that the drawings need. Colours follow the viewer's choice of light or dark. */
#ifndef GUISE_BENCH_SVG_H
#define GUISE_BENCH_SVG_H

#include <stdio.h>

/* Classes of what is drawn; svg_begin says what they look like. Series are "s0" to "s5". */
void svg_begin(FILE *file, double width, double height, const char *title);
void svg_end(FILE *file);
void svg_line(FILE *file, const char *class, double x1, double y1, double x2, double y2);
void svg_rect(FILE *file, const char *class, double x, double y, double width, double height);
/* anchor: start, middle or end. */
void svg_text(FILE *file, const char *class, const char *anchor, double x, double y,
              const char *text);
/* A line through points with a dot on each. */
void svg_curve(FILE *file, const char *class, const double *x, const double *y, size_t count);

#endif
