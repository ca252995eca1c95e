// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_REPORT_HTML_H
#define RECURVE_TOOLS_REPORT_HTML_H

#include <stddef.h>
#include <stdio.h>

/// Text from outside, for content and for attributes in quotes: markup is escaped, bytes that are
/// no UTF-8 and control characters become U+FFFD.
void rv_html_text(FILE *file, const char *text);

/// Bytes in base 64 (RFC 4648, section 4).
void rv_html_base64(FILE *file, const unsigned char *bytes, size_t size);

#endif
