// What is precompiled: all that kernels include.
#include <aie_api/aie.hpp>
