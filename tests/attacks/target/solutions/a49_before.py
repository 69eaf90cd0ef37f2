# %% [markdown]
# # 49. The lesson before, whose solutions later lessons may use

# %%
BEFORE = "solution-of-the-lesson-before"
