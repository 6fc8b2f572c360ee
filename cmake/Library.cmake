# EigenViT::EigenViT, the headers, and EigenViT::compiled, the same code built once. All that a
# user of them gets is said on the targets: nothing here changes the including project's flags.
add_library(EigenViT INTERFACE)
add_library(EigenViT::EigenViT ALIAS EigenViT)
target_compile_features(EigenViT INTERFACE cxx_std_17)
target_include_directories(EigenViT INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
  $<INSTALL_INTERFACE:include>)
target_link_libraries(EigenViT INTERFACE
  Eigen3::Eigen nlohmann_json::nlohmann_json Stb::stb Threads::Threads)
# Everybody who links the library gets the macros, since translation units of one program that differ
# in them would define the list of decoders twice.
foreach(codec IN LISTS EIGENVIT_CODECS_ON)
  target_compile_definitions(EigenViT INTERFACE EIGENVIT_WITH_${codec})
  target_link_libraries(EigenViT INTERFACE ${EIGENVIT_${codec}_TARGETS})
endforeach()
if(MINGW AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
  # GCC for Windows expects more of the stack's alignment than the system gives (GCC bug 54412). An
  # assembler that makes all vector moves unaligned ones lets the wider kernels run all the same.
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-Wa,-muse-unaligned-vector-move EIGENVIT_UNALIGNED_VECTOR_MOVE)
  if(EIGENVIT_UNALIGNED_VECTOR_MOVE)
    target_compile_options(EigenViT INTERFACE
      $<$<COMPILE_LANGUAGE:CXX>:-Wa,-muse-unaligned-vector-move>)
    target_compile_definitions(EigenViT INTERFACE EIGENVIT_X86_KERNELS=1)
  endif()
endif()

# What the libraries that are built have in common. `name` is that of the target for projects which
# find the package, `file` that of the file.
function(eigenvit_compiled_library target name file)
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name}
    OUTPUT_NAME ${file}
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    WINDOWS_EXPORT_ALL_SYMBOLS ON
    CXX_EXTENSIONS OFF
    POSITION_INDEPENDENT_CODE ON)
  if(NOT MSVC)
    # A section for each function, so that a program may leave out those that it does not call
    # (-Wl,--gc-sections): an archive is otherwise linked source by source.
    target_compile_options(${target} PRIVATE -ffunction-sections -fdata-sections)
  endif()
  # Eigen's templates make more sections than a plain Windows object file can number.
  if(MSVC)
    target_compile_options(${target} PRIVATE /bigobj)
  elseif(WIN32)
    target_compile_options(${target} PRIVATE -Wa,-mbig-obj)
  endif()
  if(NOT EIGENVIT_BUILD_COMPILED)
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endfunction()

# Always defined, so that linking to it is all that a project which includes this one has to do;
# built without being linked to only where asked for. Static or shared, as BUILD_SHARED_LIBS says.
# One source for each piece of the implementation, so that they build side by side. Builds of tests
# that call no features leave out theirs.
set(eigenvit_pieces core image io pipeline dense)
if(NOT EIGENVIT_WITHOUT_FEATURES)
  list(APPEND eigenvit_pieces features fitting precisions)
endif()
list(TRANSFORM eigenvit_pieces REPLACE "(.+)" "${PROJECT_SOURCE_DIR}/src/\\1.cpp"
     OUTPUT_VARIABLE eigenvit_piece_sources)
add_library(EigenViT_compiled ${eigenvit_piece_sources})
add_library(EigenViT::compiled ALIAS EigenViT_compiled)
target_link_libraries(EigenViT_compiled PUBLIC EigenViT)
target_compile_definitions(EigenViT_compiled PUBLIC EIGENVIT_COMPILED)
eigenvit_compiled_library(EigenViT_compiled compiled eigenvit)

# text/ is apart, so that only programs which link to it need utf8proc: EigenViT::text, the headers,
# and EigenViT::compiled_text, on EigenViT::compiled.
if(EIGENVIT_WITH_TEXT)
  add_library(EigenViT_text INTERFACE)
  add_library(EigenViT::text ALIAS EigenViT_text)
  set_target_properties(EigenViT_text PROPERTIES EXPORT_NAME text)
  target_link_libraries(EigenViT_text INTERFACE EigenViT utf8proc::utf8proc)

  add_library(EigenViT_compiled_text
    ${PROJECT_SOURCE_DIR}/src/text.cpp ${PROJECT_SOURCE_DIR}/src/text_network.cpp)
  add_library(EigenViT::compiled_text ALIAS EigenViT_compiled_text)
  target_link_libraries(EigenViT_compiled_text PUBLIC EigenViT_compiled EigenViT_text)
  eigenvit_compiled_library(EigenViT_compiled_text compiled_text eigenvit_text)
endif()
