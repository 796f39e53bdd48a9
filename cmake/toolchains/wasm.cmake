# WebAssembly with 128-bit SIMD by Emscripten; programs run under Node and see its file system. Debian's Emscripten
# wants NODE_PATH=/usr/share/nodejs in the environment of configuring and building, which the preset sets.
set(frond_emscripten_root /usr/share/emscripten)
if(DEFINED ENV{EMSCRIPTEN})
  set(frond_emscripten_root $ENV{EMSCRIPTEN})
endif()

include(${frond_emscripten_root}/cmake/Modules/Platform/Emscripten.cmake)

# No threads: std::thread's constructor throws, as where a system refuses one.
set(CMAKE_C_FLAGS_INIT "-msimd128 -fwasm-exceptions")
set(CMAKE_CXX_FLAGS_INIT "-msimd128 -fwasm-exceptions")
# Memory grows up to what 32-bit addresses reach. Without EXIT_RUNTIME a program's exit status would be lost.
set(CMAKE_EXE_LINKER_FLAGS_INIT
  "-sTOTAL_STACK=5MB -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB -sNODERAWFS=1 -sEXIT_RUNTIME=1")

# Emscripten 3.1.6 reads its .wasm file with fetch() where that exists; Node's refuses the path of a file.
find_program(FROND_NODE NAMES node nodejs REQUIRED)
set(CMAKE_CROSSCOMPILING_EMULATOR ${FROND_NODE} --no-experimental-fetch)
