#ifndef FROND_SRC_BASE_BIT_CAST_H_
#define FROND_SRC_BASE_BIT_CAST_H_

namespace frond {

// std::bit_cast, which libc++ 14, Emscripten's 3.1.6, lacks; its compiler has what it is made of.
template <class To, class From>
constexpr To BitCast(const From& from) noexcept {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, from);
}

}  // namespace frond

#endif  // FROND_SRC_BASE_BIT_CAST_H_
