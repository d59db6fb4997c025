# How everything here is compiled: language level, warnings, sanitizers, output places.

option(TIDEMARK_TESTS "Build the tests" ON)
option(TIDEMARK_WERROR "Treat warnings as errors" ON)
set(TIDEMARK_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them (address,undefined or thread)")
option(TIDEMARK_COVERAGE "Instrument for gcov" OFF)
option(TIDEMARK_FUZZ "Make the fuzz targets libFuzzer programs, and no other tests (clang)" OFF)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# -O3 makes the build longer and the programs no faster.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(TIDEMARK_CCACHE ccache)
if(TIDEMARK_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TIDEMARK_CCACHE}")
endif()

add_library(tidemark_options INTERFACE)
target_compile_options(tidemark_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align
  -Wconversion -Wno-sign-conversion -Wformat=2)
if(TIDEMARK_WERROR)
  target_compile_options(tidemark_options INTERFACE -Werror)
endif()
if(TIDEMARK_SANITIZE)
  target_compile_options(tidemark_options INTERFACE -fsanitize=${TIDEMARK_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(tidemark_options INTERFACE -fsanitize=${TIDEMARK_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 reports false positives of these once sanitizers change its inlining.
    target_compile_options(tidemark_options INTERFACE -Wno-maybe-uninitialized -Wno-mismatched-new-delete -Wno-tsan)
  endif()
endif()
if(TIDEMARK_FUZZ)
  target_compile_options(tidemark_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(TIDEMARK_COVERAGE)
  target_compile_options(tidemark_options INTERFACE --coverage)
  target_link_options(tidemark_options INTERFACE --coverage)
endif()

# tidemark_library(NAME SOURCES...): the one library of a folder. Headers are included by their
# path from the top, so that an include line shows which floor it reaches.
function(tidemark_library name)
  add_library(${name} STATIC ${ARGN})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PUBLIC tidemark_options)
endfunction()
