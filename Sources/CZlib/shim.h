#include <zlib.h>

// `inflateInit2` is a macro (it passes the header's version and the structure's size), so Swift
// cannot import it.
static inline int ligature_inflateInit2(z_stream *stream, int windowBits) {
  return inflateInit2(stream, windowBits);
}
