// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/triode.h"

#include <math.h>

// Plate current K·s(u)^1.5 with u = v_grid-cathode + v_plate/µ: the three-halves law (Child 1911,
// Langmuir 1913), with s a smooth ramp in place of max(u, 0), so that the tube fades out as real
// ones do. The values are those of a small high-gain double triode.
static const double MU = 100.0;
static const double PERVEANCE = 2.2e-3;
static const double PLATE_KNEE = 0.4;
// The grid conducts above zero volt as a diode of the same law.
static const double GRID_PERVEANCE = 5e-4;
static const double GRID_KNEE = 0.4;

typedef struct current {
  double amps, slope;
} current;

static inline current ramp_law(double factor, double volts, double knee)
{
  const double root = sqrt(volts * volts + knee * knee);
  // Far below zero volts + root would cancel.
  const double ramp = volts > 0.0 ? 0.5 * (volts + root) : 0.5 * knee * knee / (root - volts);
  const double root_ramp = sqrt(ramp);
  return (current){factor * ramp * root_ramp, 1.5 * factor * root_ramp * ramp / root};
}

/// What the capacitors hold back for this frame, by the trapezoidal rule, in volt.
typedef struct companion {
  double coupling, cathode;
} companion;

typedef struct solution {
  double residual, slope;
  double grid, cathode, plate_amps, grid_amps;
} solution;

/// Kirchhoff's law at the grid for a drive u, on which everything else depends explicitly; falls
/// monotonically with u.
static inline solution evaluate(const rv_triode *triode, const companion *held, double input,
                                double u)
{
  const current plate = ramp_law(PERVEANCE, u, PLATE_KNEE);
  const double above_cathode = u - triode->supply_share + triode->plate_share * plate.amps;
  const double above_slope = 1.0 + triode->plate_share * plate.slope;
  const current grid = ramp_law(GRID_PERVEANCE, above_cathode, GRID_KNEE);
  const double grid_slope = grid.slope * above_slope;
  const double cathode =
      triode->cathode_share * held->cathode + triode->cathode_ohms * (plate.amps + grid.amps);
  const double cathode_slope = triode->cathode_ohms * (plate.slope + grid_slope);
  const double volts = above_cathode + cathode;
  return (solution){.residual = triode->source_siemens * (input - held->coupling) -
                                triode->grid_siemens * volts - grid.amps,
                    .slope = -triode->grid_siemens * (above_slope + cathode_slope) - grid_slope,
                    .grid = volts,
                    .cathode = cathode,
                    .plate_amps = plate.amps,
                    .grid_amps = grid.amps};
}

static solution solve(rv_triode *triode, const companion *held, double input)
{
  double u = triode->drive + triode->drive_slope;
  solution at = evaluate(triode, held, input, u);
  for (int i = 0; i < 24; i++) {
    const double step = -at.residual / at.slope;
    u += step;
    at = evaluate(triode, held, input, u);
    // The error left is of the order of the last step's square.
    if (fabs(step) < 3e-4)
      break;
  }
  triode->drive_slope = u - triode->drive;
  triode->drive = u;
  return at;
}

void rv_triode_start(rv_triode *triode, const rv_triode_parts *parts, double rate)
{
  const double half_step_coupling = 0.5 / (rate * parts->coupling);
  const double half_step_bypass = 0.5 / (rate * parts->bypass);
  const double cathode_share = 1.0 / (1.0 + half_step_bypass / parts->cathode);
  const double source_siemens = 1.0 / (parts->source + half_step_coupling);
  *triode = (rv_triode){.supply = parts->supply,
                        .plate = parts->plate,
                        .cathode_siemens = 1.0 / parts->cathode,
                        .supply_share = parts->supply / MU,
                        .plate_share = parts->plate / MU,
                        .half_step_coupling = half_step_coupling,
                        .half_step_bypass = half_step_bypass,
                        .cathode_share = cathode_share,
                        .cathode_ohms = cathode_share * half_step_bypass,
                        .source_siemens = source_siemens,
                        .grid_siemens = source_siemens + 1.0 / parts->leak};
  // At rest no current flows through the capacitors: two equations in the drive alone, which a
  // bisection solves from any start.
  double low = -1.0;
  double high = parts->supply / MU;
  for (int i = 0; i < 80; i++) {
    const double u = 0.5 * (low + high);
    const double amps = ramp_law(PERVEANCE, u, PLATE_KNEE).amps;
    const double above_cathode = u - triode->supply_share + triode->plate_share * amps;
    const double grid = ramp_law(GRID_PERVEANCE, above_cathode, GRID_KNEE).amps;
    triode->drive = u;
    triode->cathode_volts = parts->cathode * (amps + grid);
    triode->coupling_volts = parts->leak * grid;
    if (above_cathode + triode->cathode_volts + triode->coupling_volts > 0.0)
      high = u;
    else
      low = u;
  }
}

double rv_triode_step(rv_triode *triode, double input)
{
  const companion held = {
      .coupling = triode->coupling_volts + triode->half_step_coupling * triode->coupling_amps,
      .cathode = triode->cathode_volts + triode->half_step_bypass * triode->bypass_amps};
  const solution at = solve(triode, &held, input);
  triode->coupling_amps = triode->source_siemens * (input - held.coupling - at.grid);
  triode->coupling_volts = held.coupling + triode->half_step_coupling * triode->coupling_amps;
  triode->bypass_amps = at.plate_amps + at.grid_amps - at.cathode * triode->cathode_siemens;
  triode->cathode_volts = at.cathode;
  return triode->supply - triode->plate * at.plate_amps;
}
