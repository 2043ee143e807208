# Build options, the flags every target of the house is built with, and the functions that make
# floors and programs.

option(KARST_TESTS "build the tests" ON)
option(KARST_BENCH "build the benchmarks" ON)
option(KARST_NATIVE "tune for the processor of this machine" ON)
option(KARST_FUZZ "build the fuzz targets with libFuzzer (clang only)" OFF)
option(KARST_ONLY_THREADS "build only the tests that start threads" OFF)
set(KARST_TEST_TIMEOUT 600 CACHE STRING "seconds a test may take")
set(KARST_SANITIZE "" CACHE STRING "comma-separated sanitizers, e.g. address,undefined")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)  # __int128 stays available through the __extension__ keyword
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# With ccache, working copies of the project share what they compile; precompiled headers are not
# shareable, so they are used only without it.
find_program(KARST_CCACHE ccache)
if(KARST_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${KARST_CCACHE})
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
endif()

# What every target of ours is compiled with; libraries found on the system are not touched.
add_library(karst_flags INTERFACE)
target_include_directories(karst_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(karst_flags INTERFACE -Wall -Wextra -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # No notes on what changed in g++ 4.6.
  target_compile_options(karst_flags INTERFACE -Wshadow -Wno-psabi -fno-semantic-interposition)
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # The shipping compiler's warnings are errors; other opinions (clang, a newer g++) only warn.
    target_compile_options(karst_flags INTERFACE -Werror)
  endif()
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(CMAKE_CXX_FLAGS_RELEASE "-O3 -g1")
endif()
if(KARST_NATIVE)
  # Without AVX-512 the very same binary runs under valgrind: counts and times are of one program.
  target_compile_options(karst_flags INTERFACE -march=native -mno-avx512f)
endif()
if(KARST_SANITIZE)
  target_compile_options(karst_flags INTERFACE -fsanitize=${KARST_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(karst_flags INTERFACE -fsanitize=${KARST_SANITIZE})
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 warns of overlapping copies and of copies out of bounds inside `std::string + "text"`
  # (its bugs 105329 and 105651), depending on how long the path of the build folder is ...
  target_compile_options(karst_flags INTERFACE -Wno-restrict -Wno-array-bounds
                         -Wno-stringop-overflow -Wno-stringop-overread)
  if(KARST_SANITIZE)
    # ... and instrumented code leads it to see uninitialised values where there are none.
    target_compile_options(karst_flags INTERFACE -Wno-maybe-uninitialized)
  endif()
  if(KARST_SANITIZE MATCHES "thread")
    # Asio has fences, which the thread sanitizer does not understand; no test it runs needs them.
    target_compile_options(karst_flags INTERFACE -Wno-tsan)
  endif()
endif()
if(KARST_FUZZ)
  target_compile_options(karst_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Hardening of the edges (ledger and gateway); the engine has its own assertions.
add_library(karst_hardening INTERFACE)
target_compile_options(karst_hardening INTERFACE -fstack-protector-strong)
target_compile_definitions(karst_hardening INTERFACE _GLIBCXX_ASSERTIONS)
if(NOT KARST_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(karst_hardening INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  target_link_options(karst_hardening INTERFACE -Wl,-z,relro,-z,now -pie)
endif()

# karst_floor(NAME SOURCES... LINK targets...): one static library per floor.
function(karst_floor name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC karst_flags ${ARG_LINK})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE karst_flags ${ARG_LINK})
  endif()
endfunction()

# What `./run` builds where it does not build everything.
add_custom_target(karst_programs)        # karstd and karst
add_custom_target(karst_tests)           # test_NAME and what they start
add_custom_target(karst_compiler_tests)  # the tests labelled `compilers`
add_custom_target(karst_fuzz_targets)    # fuzz_NAME

# karst_program(NAME SOURCES... LINK targets...): a program at the top of the build folder.
function(karst_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE karst_flags karst_hardening ${ARG_LINK})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  add_dependencies(karst_programs ${name})
endfunction()
