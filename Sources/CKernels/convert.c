#include "convert.h"

void ck_convert_at(
  ck_instructions level, const void *source, ck_float from, void *target, ck_float to, size_t count,
  ck_conversion_report *report
) {
  (void)level;
  ck_convert_scalar(source, from, target, to, 0, count, report);
}

void ck_convert(
  const void *source, ck_float from, void *target, ck_float to, size_t count,
  ck_conversion_report *report
) {
  ck_convert_at(ck_level(), source, from, target, to, count, report);
}
