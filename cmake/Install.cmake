# `cmake --install`, and what find_package(EigenViT) reads afterwards.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(eigenvit_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/EigenViT)

install(TARGETS EigenViT EXPORT EigenViTTargets)
if(EIGENVIT_BUILD_COMPILED)
  install(TARGETS EigenViT_compiled EXPORT EigenViTTargets
          RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
if(EIGENVIT_WITH_TEXT)
  install(TARGETS EigenViT_text EXPORT EigenViTTargets)
  if(EIGENVIT_BUILD_COMPILED)
    install(TARGETS EigenViT_compiled_text EXPORT EigenViTTargets
            RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
            LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endif()
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/eigenvit
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp" PATTERN "*.inl" PATTERN "*.inc")
install(EXPORT EigenViTTargets NAMESPACE EigenViT:: DESTINATION ${eigenvit_package_dir})

set(eigenvit_codec_packages)
set(eigenvit_find_modules ${PROJECT_SOURCE_DIR}/cmake/FindStb.cmake)
foreach(codec IN LISTS EIGENVIT_CODECS_ON)
  set(eigenvit_package ${EIGENVIT_${codec}_PACKAGE})
  string(APPEND eigenvit_codec_packages " ${eigenvit_package}")
  if(EXISTS ${PROJECT_SOURCE_DIR}/cmake/Find${eigenvit_package}.cmake)
    list(APPEND eigenvit_find_modules
         ${PROJECT_SOURCE_DIR}/cmake/FindSimpleLibrary.cmake
         ${PROJECT_SOURCE_DIR}/cmake/Find${eigenvit_package}.cmake)
  endif()
endforeach()
if(EIGENVIT_WITH_TEXT)
  list(APPEND eigenvit_find_modules
       ${PROJECT_SOURCE_DIR}/cmake/FindSimpleLibrary.cmake
       ${PROJECT_SOURCE_DIR}/cmake/Findutf8proc.cmake)
endif()
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/EigenViTConfig.cmake.in
  ${PROJECT_BINARY_DIR}/EigenViTConfig.cmake
  INSTALL_DESTINATION ${eigenvit_package_dir}
  NO_SET_AND_CHECK_MACRO)
# Headers serve every architecture; a compiled library does not.
set(eigenvit_any_architecture ARCH_INDEPENDENT)
if(EIGENVIT_BUILD_COMPILED)
  set(eigenvit_any_architecture)
endif()
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/EigenViTConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ${eigenvit_any_architecture})
install(FILES
  ${PROJECT_BINARY_DIR}/EigenViTConfig.cmake
  ${PROJECT_BINARY_DIR}/EigenViTConfigVersion.cmake
  ${eigenvit_find_modules}
  DESTINATION ${eigenvit_package_dir})
include(${CMAKE_CURRENT_LIST_DIR}/PkgConfig.cmake)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/LICENSE
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
