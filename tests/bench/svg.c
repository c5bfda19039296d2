/* SPDX-License-Identifier: MIT */
#include "svg.h"

#include "file.h"

static const char style[] =
    "<style>\n"
    "svg{background:#fff;font:12px sans-serif}text{fill:#222}.small{font-size:10px;fill:#555}\n"
    ".head{font-size:15px;font-weight:bold}.grid{stroke:#ddd}.axis{stroke:#555}\n"
    ".met{fill:#2a78b8}.missed{fill:#c8552b}.none{fill:#8a8f98}.whisker{stroke:#222}\n"
    ".goal{stroke:#111;stroke-width:2.5}\n"
    ".s0{stroke:#1f6fb2;fill:#1f6fb2}.s1{stroke:#c8552b;fill:#c8552b}\n"
    ".s2{stroke:#2c8a57;fill:#2c8a57}.s3{stroke:#8450a8;fill:#8450a8}\n"
    ".s4{stroke:#9a7400;fill:#9a7400}.s5{stroke:#666;fill:#666}\n"
    "polyline{fill:none!important;stroke-width:2}text.s0,text.s1,text.s2,text.s3,text.s4,text.s5"
    "{stroke:none}\n"
    "@media(prefers-color-scheme:dark){svg{background:#16181c}text{fill:#e6e6e6}\n"
    ".small{fill:#aaa}.grid{stroke:#33373d}.axis{stroke:#aaa}.met{fill:#5aa9e6}\n"
    ".missed{fill:#f0875a}.none{fill:#8a8f98}.whisker{stroke:#eee}.goal{stroke:#fff}\n"
    ".s0{stroke:#5aa9e6;fill:#5aa9e6}.s1{stroke:#f0875a;fill:#f0875a}\n"
    ".s2{stroke:#63c990;fill:#63c990}.s3{stroke:#c495e8;fill:#c495e8}\n"
    ".s4{stroke:#d9b13b;fill:#d9b13b}.s5{stroke:#aaa;fill:#aaa}}\n"
    "</style>\n";

void svg_begin(FILE *file, double width, double height, const char *title)
{
    (void)fprintf(file,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
                  "width=\"%.0f\" height=\"%.0f\" role=\"img\">\n<title>",
                  width, height, width, height);
    file_xml(file, title);
    (void)fprintf(file, "</title>\n%s", style);
    svg_text(file, "head", "start", 14, 24, title);
}

void svg_end(FILE *file)
{
    (void)fputs("</svg>\n", file);
}

void svg_line(FILE *file, const char *class, double x1, double y1, double x2, double y2)
{
    (void)fprintf(file, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                  class, x1, y1, x2, y2);
}

void svg_rect(FILE *file, const char *class, double x, double y, double width, double height)
{
    (void)fprintf(file,
                  "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
                  class, x, y, width < 0 ? 0 : width, height);
}

void svg_text(FILE *file, const char *class, const char *anchor, double x, double y,
              const char *text)
{
    (void)fprintf(file, "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">", class,
                  anchor, x, y);
    file_xml(file, text);
    (void)fputs("</text>\n", file);
}

void svg_curve(FILE *file, const char *class, const double *x, const double *y, size_t count)
{
    (void)fprintf(file, "<polyline class=\"%s\" points=\"", class);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(file, "%.1f,%.1f ", x[i], y[i]);
    }
    (void)fputs("\"/>\n", file);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(file, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n", class, x[i],
                      y[i]);
    }
}
