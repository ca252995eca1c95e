// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "report/page.h"

#include "learn/dataset.h"
#include "learn/verdict.h"
#include "report/html.h"
#include "report/plot.h"
#include "report/sound.h"

#include "recurve/io.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page_css.h"
#include "page_js.h"

/// Of the excerpt; and the bytes of its files, which base 64 makes a third larger.
#define SECONDS 20.0
#define BUDGET  ((size_t)4800000)

#define WAVE_SECONDS 0.025

typedef struct page_sheet {
  FILE *file;
  const rv_page *page;
  rv_trio trio;
  rv_comparison comparison;
  rv_sounds sounds;
  bool plotted;
} page_sheet;

static const char *text_of(const rv_page *page, const char *key)
{
  const char *text = rv_description_text(page->model, key);
  return text && *text ? text : NULL;
}

static void write_head(const page_sheet *sheet)
{
  FILE *file = sheet->file;
  const char *name = text_of(sheet->page, "name");
  const char *device = text_of(sheet->page, "device");
  const rv_verdict verdict = rv_verdict_of(sheet->comparison.esr);
  (void)fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
              "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
              "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
              "<link rel=\"icon\" href=\"data:,\">\n<title>",
              file);
  rv_html_text(file, name ? name : sheet->page->model_path);
  (void)fprintf(file,
                " – Recurve</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<header>\n"
                "<div><h1>",
                page_css);
  rv_html_text(file, name ? name : sheet->page->model_path);
  (void)fputs("</h1><p class=\"soft\">", file);
  if (device) {
    rv_html_text(file, device);
    (void)fputs(" · ", file);
  }
  const rv_layer *layer = &sheet->page->model->layers[0];
  (void)fprintf(file, "%s, %d units · %g kHz", rv_kind_name(layer->kind), layer->units,
                sheet->page->model->rate / 1000.0);
  if (text_of(sheet->page, "date")) {
    (void)fputs(" · ", file);
    rv_html_text(file, text_of(sheet->page, "date"));
  }
  (void)fprintf(file,
                "</p></div>\n<div class=\"verdict\"><b>%.2f&#8201;%%</b>"
                "<span class=\"word %s\">%s</span> <span class=\"soft\">· ESR %.5f</span></div>\n"
                "</header>\n",
                100.0 * sheet->comparison.esr, verdict.word, verdict.word, sheet->comparison.esr);
}

static const char *audio_words(rv_page_audio audio)
{
  if (audio == RV_PAGE_HELD_OUT)
    return "audio that the training never saw";
  if (audio == RV_PAGE_TRAINED)
    return "audio that the model was trained on: new audio will fare worse";
  return "the recordings that were given";
}

static void write_player(const page_sheet *sheet)
{
  static const char *const ids[RV_TRACKS] = {"dry", "target", "model"};
  FILE *file = sheet->file;
  const rv_sounds *sounds = &sheet->sounds;
  const double left_db = -20.0 * log10(fmax(sounds->difference_boost, 1e-9));
  (void)fprintf(
      file,
      "<section class=\"card player\" aria-label=\"Player\">\n<div><h2>Listen</h2>"
      "<p class=\"fine\">%.1f seconds of %s. Dry, target and model are equally loud; switch while "
      "they play.</p></div>\n<canvas id=\"wave\" tabindex=\"0\" aria-label=\"Waveform; click to "
      "jump\"></canvas>\n<div class=\"row\"><button id=\"play\" type=\"button\">Play</button>\n"
      "<div class=\"tracks\" role=\"radiogroup\" aria-label=\"What is heard\">\n"
      "<button type=\"button\" role=\"radio\" data-track=\"0\">Dry<kbd>1</kbd></button>\n"
      "<button type=\"button\" role=\"radio\" data-track=\"1\">Target<kbd>2</kbd></button>\n"
      "<button type=\"button\" role=\"radio\" data-track=\"2\">Model<kbd>3</kbd></button>\n"
      "<button type=\"button\" role=\"radio\" data-track=\"3\">Difference<kbd>4</kbd></button>\n"
      "</div></div>\n<div class=\"row fine\"><label><input type=\"checkbox\" id=\"louder\">"
      "Difference as loud as the rest (+%.0f dB)</label><span id=\"clock\"></span></div>\n"
      "<p class=\"fine\" id=\"trouble\" role=\"status\"></p>\n",
      sounds->seconds, audio_words(sheet->page->audio), -left_db);
  (void)fprintf(
      file,
      "<div id=\"sound\" hidden data-dry=\"%.9g\" data-target=\"%.9g\" data-model=\"%.9g\" "
      "data-difference=\"%.9g\" data-boost=\"%.9g\" data-seconds=\"%.6f\" "
      "data-rate=\"%.0f\">\n",
      sounds->gain[RV_DRY], sounds->gain[RV_TARGET], sounds->gain[RV_MODEL],
      sounds->difference_gain, sounds->difference_boost, sounds->seconds,
      fmin(fmax(sheet->trio.rate, 8000.0), 96000.0));
  for (int t = 0; t < RV_TRACKS; t++) {
    (void)fprintf(file, "<script type=\"%s\" id=\"sound-%s\">", sounds->type, ids[t]);
    rv_html_base64(file, sounds->bytes[t], sounds->size[t]);
    (void)fputs("</script>\n", file);
  }
  (void)fputs("</div>\n</section>\n", file);
}

static void open_figure(FILE *file, const char *title, const char *caption)
{
  (void)fprintf(file,
                "<figure class=\"card\" style=\"margin:0\"><figcaption><h2 "
                "style=\"color:var(--ink)\">%s</h2>%s</figcaption>\n",
                title, caption);
}

static void close_figure(FILE *file, bool drawn)
{
  (void)fprintf(file, "%s</figure>\n",
                drawn ? "" : "<p class=\"soft\">gnuplot could not draw this one.</p>");
}

static void write_plots(const page_sheet *sheet)
{
  FILE *file = sheet->file;
  const rv_page *page = sheet->page;
  const rv_comparison *comparison = &sheet->comparison;
  open_figure(file, "The loudest moment", "The model's wave over the target's.");
  close_figure(file, rv_plot_wave(file, &sheet->trio, comparison->loud, WAVE_SECONDS));
  open_figure(file, "The worst moment", "Where the two are furthest apart.");
  close_figure(file, rv_plot_wave(file, &sheet->trio, comparison->worst, WAVE_SECONDS));
  open_figure(file, "Spectrum",
              "Mean power; the difference lies well below where the model is good.");
  close_figure(file, rv_plot_spectrum(file, comparison));
  open_figure(file, "Spectrogram of the difference",
              "When, and at which frequencies, the model is off; 0 dB is a sine at full scale.");
  close_figure(file, rv_plot_spectrogram(file, comparison));
  open_figure(file, "Error over time",
              "The share of the target's energy that the model misses; gaps are silence.");
  close_figure(file, rv_plot_time(file, comparison));
  open_figure(file, "Error over level",
              "How well soft and hard playing are met, and how much of "
              "each there was.");
  close_figure(file, rv_plot_level(file, comparison));
  if (page->curve && page->curve->n > 1) {
    open_figure(file, "Training", "Loss, and error on the part that chooses the best model.");
    close_figure(file, rv_plot_curve(file, page->curve));
  }
  if (page->flow && page->n_flow) {
    open_figure(file, "Gradient flow", "How far back the model feels what it has heard.");
    close_figure(file, rv_plot_flow(file, page->flow, page->n_flow));
  }
}

static void write_missing(FILE *file)
{
  (void)fputs(
      "<section class=\"card missing\"><h2>No plots</h2><p>Waves, spectra and errors are "
      "drawn by gnuplot, which was not found, or failed, when this page was made. Install it "
      "(<code>apt install gnuplot-nox</code>) and make the page anew with <code>recurve "
      "report</code>.</p></section>\n",
      file);
}

/// The error over the knobs: a line for each setting, with a bar.
static void write_settings(FILE *file, const rv_page *page)
{
  double worst = 0.0;
  double sum = 0.0;
  for (size_t s = 0; s < page->n_settings; s++) {
    worst = fmax(worst, page->settings[s].esr);
    sum += page->settings[s].esr / (double)page->n_settings;
  }
  (void)fprintf(file,
                "<section class=\"card\"><h2>Error over the knobs</h2>\n<p class=\"fine\">%zu "
                "settings, ESR %.5f on the average, %.5f at worst.</p>\n<table class=\"settings\">"
                "<tr>",
                page->n_settings, sum, worst);
  for (int k = 0; k < page->model->n_knobs; k++) {
    (void)fputs("<th>", file);
    rv_html_text(file, page->model->knobs[k].name);
    (void)fputs("</th>", file);
  }
  (void)fputs("<th>ESR</th><th></th></tr>\n", file);
  for (size_t s = 0; s < page->n_settings; s++) {
    const rv_setting_esr *setting = &page->settings[s];
    const rv_verdict verdict = rv_verdict_of(setting->esr);
    (void)fputs("<tr>", file);
    for (int k = 0; k < page->model->n_knobs; k++)
      (void)fprintf(file, "<td>%.4g%s</td>", (double)setting->knobs[k],
                    setting->moving ? " …" : "");
    (void)fprintf(file,
                  "<td>%.5f</td><td><meter min=\"0\" max=\"%.6g\" value=\"%.6g\"></meter> "
                  "<span class=\"%s\">%s</span></td></tr>\n",
                  setting->esr, fmax(worst, 1e-9), setting->esr, verdict.word, verdict.word);
  }
  (void)fputs("</table></section>\n", file);
}

static void write_findings(FILE *file, const rv_pair_report *report)
{
  static const char *const words[] = {"note", "warning", "fatal"};
  (void)fputs("<section class=\"card\"><h2>The recordings</h2>\n", file);
  if (!report->n_findings)
    (void)fputs("<p class=\"soft\">Nothing stands out.</p>", file);
  (void)fputs("<ul class=\"findings\">\n", file);
  for (int f = 0; f < report->n_findings; f++) {
    const rv_finding *finding = &report->findings[f];
    (void)fprintf(file, "<li class=\"%s\"><b>", words[finding->severity]);
    rv_html_text(file, finding->kind);
    (void)fputs("</b> ", file);
    rv_html_text(file, finding->text);
    (void)fputs("</li>\n", file);
  }
  (void)fputs("</ul></section>\n", file);
}

static void write_item(FILE *file, const char *term, const char *text)
{
  (void)fputs("<dt>", file);
  rv_html_text(file, term);
  (void)fputs("</dt><dd>", file);
  rv_html_text(file, text);
  (void)fputs("</dd>\n", file);
}

static void write_details(const page_sheet *sheet)
{
  FILE *file = sheet->file;
  const rv_page *page = sheet->page;
  const rv_description *model = page->model;
  char text[128];
  size_t parameters = 0;
  for (int l = 0; l < model->n_layers; l++)
    parameters += rv_layer_parameters(&model->layers[l]);
  (void)fputs("<section class=\"card\"><h2>Details</h2>\n<dl>\n", file);
  write_item(file, "model", page->model_path);
  write_item(file, "dry", page->dry_path);
  write_item(file, "wet", page->wet_path);
  (void)snprintf(text, sizeof text, "%.6f on %.1f s of %s", sheet->comparison.esr,
                 (double)sheet->trio.frames / sheet->trio.rate, audio_words(page->audio));
  write_item(file, "ESR", text);
  (void)snprintf(text, sizeof text, "%zu", parameters);
  write_item(file, "parameters", text);
  if (isfinite(model->loudness_db)) {
    (void)snprintf(text, sizeof text, "%.1f dBFS", model->loudness_db);
    write_item(file, "loudness", text);
  }
  if (page->knobs) {
    rv_knobs_text(model->knobs, model->n_knobs, page->knobs, text, sizeof text);
    write_item(file, page->moving ? "knobs at first" : "knobs", text);
  }
  if (page->findings) {
    (void)snprintf(text, sizeof text, "%ld frames", page->findings->latency_frames);
    write_item(file, "shift", text);
  }
  if (page->result) {
    (void)snprintf(text, sizeof text, "%ld updates in %.1f s, %.1f M samples/s%s",
                   page->result->updates, page->result->seconds,
                   1e-6 * page->result->samples_per_second,
                   page->result->stopped ? ", stopped early" : "");
    write_item(file, "training", text);
  }
  for (size_t t = 0; t < model->n_texts; t++)
    if (strcmp(model->texts[t].key, "training") != 0 || !page->result)
      write_item(file, model->texts[t].key, model->texts[t].value);
  (void)fprintf(file,
                "</dl></section>\n<p class=\"fine\">%s. Made by recurve; the model's sound is "
                "that of the plugin, sample for sample.</p>\n",
                "ESR is the energy of target − model over that of the target");
}

static void write_sheet(page_sheet *sheet)
{
  write_head(sheet);
  write_player(sheet);
  sheet->plotted = rv_plot_possible();
  (void)fputs("<div class=\"grid\">\n", sheet->file);
  if (sheet->plotted)
    write_plots(sheet);
  else
    write_missing(sheet->file);
  if (sheet->page->n_settings)
    write_settings(sheet->file, sheet->page);
  if (sheet->page->findings)
    write_findings(sheet->file, sheet->page->findings);
  (void)fputs("</div>\n", sheet->file);
  write_details(sheet);
  (void)fprintf(sheet->file, "</main>\n<script>\n%s</script>\n</body>\n</html>\n", page_js);
}

static rv_status save(page_sheet *sheet, const char *path, rv_page_result *result, rv_error *error)
{
  rv_replacement *replacement = NULL;
  rv_status status = rv_replacement_begin(path, &replacement, error);
  if (status)
    return status;
  errno = 0;
  sheet->file = fopen(rv_replacement_path(replacement), "w");
  if (!sheet->file) {
    rv_replacement_abandon(replacement);
    return rv_fail_writing(error, path, errno);
  }
  write_sheet(sheet);
  const long bytes = ftell(sheet->file);
  const bool failed = fflush(sheet->file) || ferror(sheet->file);
  const int reason = errno;
  if (fclose(sheet->file) || failed) {
    rv_replacement_abandon(replacement);
    return rv_fail_writing(error, path, reason ? reason : EIO);
  }
  status = rv_replacement_commit(replacement, error);
  if (!status && result)
    *result = (rv_page_result){.bytes = bytes > 0 ? (size_t)bytes : 0,
                               .esr = sheet->comparison.esr,
                               .plotted = sheet->plotted};
  return status;
}

rv_status rv_page_write(const char *path, const rv_page *page, rv_page_result *result,
                        rv_error *error)
{
  float *sound = malloc((page->frames + 1) * sizeof *sound);
  page_sheet *made = calloc(1, sizeof *made);
  if (!sound || !made) {
    free(made);
    free(sound);
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
  }
  const rv_train_clip clip = {
      .dry = page->dry, .frames = page->frames, .knobs = page->knobs, .moving = page->moving};
  rv_status status = rv_clip_play(page->model, &clip, sound, error);
  if (!status) {
    made->page = page;
    made->trio = (rv_trio){page->dry, page->wet, sound, page->frames, page->model->rate};
    status = rv_compare(&made->trio, &made->comparison, error);
  }
  if (!status)
    status = rv_sounds_make(&made->trio, SECONDS, BUDGET, &made->sounds, error);
  if (!status)
    status = save(made, path, result, error);
  rv_sounds_free(&made->sounds);
  free(made);
  free(sound);
  return status;
}
