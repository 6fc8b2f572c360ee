// core/ and kernels/, once.
#ifndef EIGENVIT_IMPLEMENTATION_CORE_INL
#define EIGENVIT_IMPLEMENTATION_CORE_INL

#include <eigenvit/core/available_threads.inl>
#include <eigenvit/core/file_kind.inl>
#include <eigenvit/core/flush_folder.inl>
#include <eigenvit/core/link_target.inl>
#include <eigenvit/core/message.inl>
#include <eigenvit/core/path_below.inl>
#include <eigenvit/core/path_text.inl>
#include <eigenvit/core/real_path.inl>
#include <eigenvit/core/replaced_file.inl>
#include <eigenvit/core/system_file.inl>
#include <eigenvit/core/task_failure.inl>
#include <eigenvit/core/task_graph.inl>
#include <eigenvit/core/thread_pool_executor.inl>
#include <eigenvit/core/utf8_path.inl>
#include <eigenvit/kernels/dispatch.inl>

#if EIGENVIT_HEADER_ONLY
#error "EigenViT: this file defines what others declare: define EIGENVIT_COMPILED in each of them"
#endif

#endif
