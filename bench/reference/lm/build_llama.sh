#!/bin/sh
# Builds llama.cpp's library for `npm run bench lm` from the source distribution of llama-cpp-python, which holds it, and
# leaves the package's Python layer beside it. Takes a few minutes on two cores.
#
#   bench/reference/lm/build_llama.sh PYTHON FOLDER
#
# GGML_FLAGS adds options of CMake: where a container does not allow the processor's AMX, which ends the process at the
# first token, give -DGGML_NATIVE=OFF and the instruction sets without it (-DGGML_AVX512=ON -DGGML_AVX512_VNNI=ON …).
#
# Afterwards: npm run bench lm -- --python PYTHON --llama FOLDER. The Python needs numpy, jinja2, diskcache.
set -eu
python=$1
folder=$2
version=0.3.36
mkdir -p "$folder"
cd "$folder"
if [ ! -d "llama_cpp_python-$version" ]; then
  "$python" -m pip download --no-deps --no-binary llama-cpp-python "llama-cpp-python==$version"
  tar xzf "llama_cpp_python-$version.tar.gz"
fi
# The processor's own instructions and OpenMP, no BLAS: what the package builds by default, without its programs.
cmake -S "llama_cpp_python-$version/vendor/llama.cpp" -B build -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON \
  -DGGML_NATIVE=ON -DGGML_OPENMP=ON -DGGML_BLAS=OFF -DLLAMA_CURL=OFF -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_TESTS=OFF \
  -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF ${GGML_FLAGS:-}
nice -n 10 cmake --build build --target llama --parallel 2
mkdir -p lib
find build -name '*.so*' -o -name '*.dylib' | while read -r file; do cp -P "$file" lib/; done
ln -sfn "llama_cpp_python-$version/llama_cpp" llama_cpp
