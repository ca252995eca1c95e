// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A common-cathode triode stage with grid conduction, solved sample by sample.

#ifndef RECURVE_CAPTURE_TRIODE_H
#define RECURVE_CAPTURE_TRIODE_H

/// Parts of a stage, in ohm, farad and volt.
typedef struct rv_triode_parts {
  double source;   ///< resistance ahead of the coupling capacitor
  double coupling; ///< capacitor
  double leak;     ///< grid to ground
  double cathode;  ///< resistor
  double bypass;   ///< capacitor across it
  double plate;    ///< load resistor
  double supply;   ///< volt
} rv_triode_parts;

typedef struct rv_triode {
  double supply, plate, cathode_siemens;
  double supply_share, plate_share;            ///< over the tube's amplification
  double half_step_coupling, half_step_bypass; ///< T / 2C of the capacitors
  double cathode_share, cathode_ohms, source_siemens, grid_siemens;
  double drive, drive_slope; ///< solution of the last frame, and its change
  double coupling_volts, coupling_amps;
  double cathode_volts, bypass_amps;
} rv_triode;

/// A stage at its working point for silence. `rate` in Hz.
void rv_triode_start(rv_triode *triode, const rv_triode_parts *parts, double rate);

/// One frame: volt at the source in, volt at the plate out.
double rv_triode_step(rv_triode *triode, double input);

#endif
