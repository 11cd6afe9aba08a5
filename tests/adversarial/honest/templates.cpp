// Templates, folds and a constexpr table.
#include <cmath>
#include <cstddef>
#include <utility>
static constexpr float FACTORS[] = {1.0f, 1.0f};
template <class T, std::size_t... I>
static inline void several(const T* __restrict__ x, T* __restrict__ y, std::index_sequence<I...>) {
    ((y[I] = FACTORS[I % 2] * std::tanh(x[I])), ...);
}
template <int Width, class T>
static void all(const T* x, T* y, long n) {
    long i = 0;
    for (; i + Width <= n; i += Width) several(x + i, y + i, std::make_index_sequence<Width>{});
    for (; i < n; i++) several(x + i, y + i, std::make_index_sequence<1>{});
}
extern "C" void squash(const float* x, float* y, long n) { all<8>(x, y, n); }
