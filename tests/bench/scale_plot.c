/* SPDX-License-Identifier: MIT */
/* Draws the sweeps: a panel for each, with equal distances between points and a logarithmic cost axis. */
#include <math.h>

#include "file.h"
#include "scale.h"
#include "svg.h"

enum {
    COLUMNS = 2,
    PANEL_WIDTH = 560,
    PANEL_HEIGHT = 340,
    TOP = 50,
    LEFT = 64, /* inside of a panel: where the axes begin and end */
    RIGHT = 540,
    UPPER = 100,
    LOWER = 300
};

struct panel {
    FILE *file;
    const struct scale *scale;
    size_t sweep;
    double x, y;        /* its corner */
    double least, most; /* decades, what the axis shows */
};

static bool is_drawn(const struct panel *panel, size_t curve, size_t point)
{
    return sweeps[panel->sweep].curves[curve].cost != NULL &&
           panel->scale->points[panel->sweep][curve][point].count != 0;
}

static double value(const struct panel *panel, size_t curve, size_t point)
{
    return panel->scale->points[panel->sweep][curve][point].median;
}

static double x_of(const struct panel *panel, size_t point)
{
    size_t count = sweeps[panel->sweep].count;

    return panel->x + LEFT + 20 +
           (RIGHT - LEFT - 40) * (double)point / (double)(count > 1 ? count - 1 : 1);
}

static double y_of(const struct panel *panel, double cost)
{
    double part = (log10(cost) - panel->least) / (panel->most - panel->least);

    return panel->y + LOWER - (LOWER - UPPER) * part;
}

/* Whole decades around everything that is drawn. */
static bool find_range(struct panel *panel)
{
    panel->least = INFINITY;
    panel->most = -INFINITY;
    for (size_t curve = 0; curve < SWEEP_CURVES; curve++) {
        for (size_t point = 0; point < sweeps[panel->sweep].count; point++) {
            if (is_drawn(panel, curve, point) && value(panel, curve, point) > 0) {
                panel->least = fmin(panel->least, floor(log10(value(panel, curve, point))));
                panel->most = fmax(panel->most, ceil(log10(value(panel, curve, point)) + 0.001));
            }
        }
    }
    return panel->least < panel->most;
}

static void draw_axes(const struct panel *panel)
{
    const struct sweep *sweep = &sweeps[panel->sweep];
    char text[64];

    for (double decade = panel->least; decade <= panel->most; decade++) {
        double y = y_of(panel, pow(10, decade));

        svg_line(panel->file, "grid", panel->x + LEFT, y, panel->x + RIGHT, y);
        (void)snprintf(text, sizeof text, "%.0f", pow(10, decade));
        svg_text(panel->file, "small", "end", panel->x + LEFT - 6, y + 4, text);
    }
    for (size_t point = 0; point < sweep->count; point++) {
        (void)snprintf(text, sizeof text, "%zu", sweep->points[point]);
        svg_text(panel->file, "small", "middle", x_of(panel, point), panel->y + LOWER + 16, text);
    }
    svg_line(panel->file, "axis", panel->x + LEFT, panel->y + LOWER, panel->x + RIGHT,
             panel->y + LOWER);
}

static void draw_titles(const struct panel *panel)
{
    const struct sweep *sweep = &sweeps[panel->sweep];
    char text[96];

    (void)snprintf(text, sizeof text, "%s by number of %s", sweep->unit, sweep->what);
    svg_text(panel->file, "head", "start", panel->x + 14, panel->y + 18, text);
    for (size_t curve = 0; curve < SWEEP_CURVES && sweep->curves[curve].cost != NULL; curve++) {
        char class[] = {'s', (char)('0' + curve), '\0'};

        (void)snprintf(text, sizeof text, "%s%s", sweep->curves[curve].name,
                       panel->scale->why[panel->sweep][curve][0] == '\0' ? "" : " (SKIPPED)");
        svg_text(panel->file, class, "start", panel->x + 14 + 262 * (double)(curve % 2),
                 panel->y + 40 + 18 * (double)(curve / 2), text);
    }
}

static void draw_curve(const struct panel *panel, size_t curve)
{
    char class[] = {'s', (char)('0' + curve), '\0'};
    double x[SWEEP_POINTS], y[SWEEP_POINTS];
    size_t count = 0;

    for (size_t point = 0; point < sweeps[panel->sweep].count; point++) {
        if (is_drawn(panel, curve, point) && value(panel, curve, point) > 0) {
            const struct scale_point *drawn = &panel->scale->points[panel->sweep][curve][point];

            x[count] = x_of(panel, point);
            y[count] = y_of(panel, drawn->median);
            svg_line(panel->file, class, x[count], y_of(panel, drawn->p10), x[count],
                     y_of(panel, drawn->p90));
            count++;
        }
    }
    svg_curve(panel->file, class, x, y, count);
}

static void draw_panel(struct panel *panel)
{
    draw_titles(panel);
    if (!find_range(panel)) {
        return;
    }
    draw_axes(panel);
    for (size_t curve = 0; curve < SWEEP_CURVES; curve++) {
        if (sweeps[panel->sweep].curves[curve].cost != NULL) {
            draw_curve(panel, curve);
        }
    }
}

static size_t count_wanted(const struct scale *scale)
{
    size_t count = 0;

    for (size_t sweep = 0; sweep < sweep_count; sweep++) {
        count += options_want(scale->options, sweeps[sweep].name);
    }
    return count;
}

bool scale_plot(const struct scale *scale, const char *path)
{
    FILE *file = file_begin(path);
    size_t rows = (count_wanted(scale) + COLUMNS - 1) / COLUMNS, place = 0;

    if (file == NULL) {
        return false;
    }
    svg_begin(file, COLUMNS * PANEL_WIDTH, TOP + (double)rows * PANEL_HEIGHT,
              noise_is_bad(&scale->noise) ? "Cost over size (A NOISY MACHINE: for orientation only)"
                                          : "Cost over size");
    for (size_t sweep = 0; sweep < sweep_count; sweep++) {
        if (options_want(scale->options, sweeps[sweep].name)) {
            struct panel panel = {.file = file,
                                  .scale = scale,
                                  .sweep = sweep,
                                  .x = (double)(place % COLUMNS) * PANEL_WIDTH,
                                  .y = TOP + (double)(place / COLUMNS) * PANEL_HEIGHT};

            draw_panel(&panel);
            place++;
        }
    }
    svg_end(file);
    return file_end(file, path);
}
