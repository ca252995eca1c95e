// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "report/html.h"

#include <string.h>

/// Bytes of the UTF-8 character at `text` (RFC 3629, section 4), 0: it is none.
static size_t character_at(const unsigned char *text)
{
  const unsigned char lead = text[0];
  if (lead < 0x80)
    return 1;
  const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4)
    return 0;
  for (size_t i = 1; i < size; i++)
    if ((text[i] & 0xc0) != 0x80)
      return 0;
  const unsigned char second = text[1];
  const int overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const int outside = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
  return overlong || outside ? 0 : size;
}

void rv_html_text(FILE *file, const char *text)
{
  static const char marks[] = "<>&\"'";
  static const char *const names[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&#39;"};
  const unsigned char *at = (const unsigned char *)text;
  while (*at) {
    const size_t size = character_at(at);
    const char *mark = *at < 0x80 ? strchr(marks, *at) : NULL;
    if (mark)
      (void)fputs(names[mark - marks], file);
    else if (!size || (*at < 0x20 && *at != '\n' && *at != '\t') || *at == 0x7f)
      (void)fputs("\xef\xbf\xbd", file);
    else
      (void)fwrite(at, 1, size, file);
    at += size ? size : 1;
  }
}

void rv_html_base64(FILE *file, const unsigned char *bytes, size_t size)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < size; i += 3) {
    const size_t n = size - i < 3 ? size - i : 3;
    const unsigned word = (unsigned)bytes[i] << 16U | (n > 1 ? (unsigned)bytes[i + 1] << 8U : 0U) |
                          (n > 2 ? (unsigned)bytes[i + 2] : 0U);
    char out[4] = {digits[word >> 18U], digits[word >> 12U & 63U], digits[word >> 6U & 63U],
                   digits[word & 63U]};
    if (n < 3)
      out[3] = '=';
    if (n < 2)
      out[2] = '=';
    (void)fwrite(out, 1, sizeof out, file);
  }
}
